#include "carousel/tasks/copy.h"

#include <fmt/format.h>

#include "carousel/data/generators.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

class CopyTask : public Task {
 public:
  CopyTask(const Settings& settings, std::uint64_t seed)
      : settings_{.delay = static_cast<int>(settings.integer("delay")),
                  .batch = static_cast<int>(settings.integer("batch"))},
        seed_(seed) {
    facts_.baseline = copy_baseline(settings_.delay);
    facts_.baseline_text =
        fmt::format("the best answer without memory: 10 ln 8 / (delay + 20) = {:.4f}", facts_.baseline);
  }

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return generated_batches(split, settings_.batch); }

  Batch batch(Split split, std::int64_t index) const override {
    const auto drawn = copy_batch(settings_, {seed_, part_of(split), static_cast<std::uint64_t>(index)});
    Batch batch;
    batch.input = tokens_of(drawn.inputs, {drawn.length, settings_.batch});
    batch.target = tokens_of(drawn.targets, {drawn.length, settings_.batch});
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return mean_over_steps(cross_entropies(output, batch.target), batch);
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return score_over_steps(cross_entropies(output, batch.target), batch);
  }

 private:
  CopySettings settings_;
  std::uint64_t seed_;
  TaskFacts facts_{.name = "copy",
                   .tokens = true,
                   .input_size = copy_classes,
                   .output_size = copy_classes,
                   .every_step = true,
                   .metric = "nats per step",
                   .baseline_text = {}};
};

}  // namespace

TaskSpec copy_task() {
  return {.name = "copy",
          .summary = "ten symbols, repeated in order after a long silence",
          .needs = "",
          .settings = {{.name = "delay",
                        .value = std::int64_t{10},
                        .help = "steps from a symbol to its repetition, less ten",
                        .min = 1,
                        .max = 1'000'000},
                       batch_setting(20)},
          .model = {.cell = "lstm", .hidden = 128},
          .training = {.updates = 10'000,
                       .validate_every = 500,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::rmsprop, .lr = 1e-3, .alpha = 0.9}},
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<CopyTask>(settings, context.seed);
          }};
}

}  // namespace carousel
