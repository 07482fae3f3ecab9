#include "carousel/tasks/selective.h"

#include <fmt/format.h>

#include "carousel/data/generators.h"
#include "carousel/error.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

class SelectiveTask : public Task {
 public:
  SelectiveTask(const Settings& settings, std::uint64_t seed)
      : settings_{.symbols = static_cast<int>(settings.integer("symbols")),
                  .items = static_cast<int>(settings.integer("items")),
                  .length = static_cast<int>(settings.integer("length")),
                  .batch = static_cast<int>(settings.integer("batch"))},
        seed_(seed) {
    if (settings_.items > settings_.length) {
      throw Error(fmt::format("--items {} have no place in --length {}: give fewer items or more steps",
                              settings_.items, settings_.length));
    }
    facts_.input_size = settings_.symbols + 2;
    facts_.output_size = settings_.symbols + 1;
    facts_.baseline = 1.0 / settings_.symbols;
    facts_.baseline_text = fmt::format("the best answer without memory, a guess: 1/{}", settings_.symbols);
  }

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return generated_batches(split, settings_.batch); }

  Batch batch(Split split, std::int64_t index) const override {
    const auto drawn = selective_batch(settings_, {seed_, part_of(split), static_cast<std::uint64_t>(index)});
    Batch batch;
    batch.input = tokens_of(drawn.inputs, {drawn.length, settings_.batch});
    batch.target = tokens_of(drawn.targets, {drawn.length, settings_.batch});
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return mean_over_steps(cross_entropies(output, batch.target), batch);
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return score_of_classes_at(output, batch, batch.target != settings_.symbols);
  }

 private:
  SelectiveSettings settings_;
  std::uint64_t seed_;
  TaskFacts facts_{.name = "selective",
                   .tokens = true,
                   .every_step = true,
                   .metric = "accuracy at the cues",
                   .lower_is_better = false,
                   .baseline_text = {}};
};

Setting count_setting(std::string name, std::int64_t value, std::string help, double min) {
  return {.name = std::move(name), .value = value, .help = std::move(help), .min = min, .max = 1'000};
}

}  // namespace

TaskSpec selective_task() {
  return {.name = "selective",
          .summary = "symbols at random places among blanks, repeated in order at the end",
          .needs = "",
          .settings = {count_setting("symbols", 8, "how many different symbols there are", 2),
                       count_setting("items", 4, "symbols of a sequence, which the cues ask for", 1),
                       {.name = "length",
                        .value = std::int64_t{40},
                        .help = "steps among which the items stand; as many cues as items follow",
                        .min = 1,
                        .max = 1'000'000},
                       batch_setting(64)},
          .model = {.cell = "lstm", .hidden = 64},
          .training = {.updates = 4000,
                       .validate_every = 200,
                       .target = 1.0,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::adam, .lr = 0.01}},
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<SelectiveTask>(settings, context.seed);
          }};
}

}  // namespace carousel
