#include "carousel/tasks/flip_flop.h"

#include <fmt/format.h>

#include "carousel/data/generators.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

class FlipFlopTask : public Task {
 public:
  FlipFlopTask(const Settings& settings, std::uint64_t seed)
      : settings_{.bits = static_cast<int>(settings.integer("bits")),
                  .pulse = settings.number("pulse"),
                  .length = static_cast<int>(settings.integer("length")),
                  .batch = static_cast<int>(settings.integer("batch"))},
        seed_(seed) {
    facts_.input_size = facts_.output_size = settings_.bits;
    facts_.baseline = flip_flop_baseline(settings_);
    facts_.baseline_text = fmt::format(
        "the pulse where there is one and a guess elsewhere: (1 + f) / 2 = {:.4f} with f = (1 + {} x {}) / "
        "{}",
        facts_.baseline, settings_.pulse, settings_.length - 1, settings_.length);
  }

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return generated_batches(split, settings_.batch); }

  Batch batch(Split split, std::int64_t index) const override {
    const auto drawn = flip_flop_batch(settings_, {seed_, part_of(split), static_cast<std::uint64_t>(index)});
    Batch batch;
    batch.input = copy_of(drawn.inputs, {settings_.length, settings_.batch, settings_.bits});
    batch.target = copy_of(drawn.targets, {settings_.length, settings_.batch, settings_.bits});
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return torch::mse_loss(output, batch.target.to(output.scalar_type()));
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    const auto count = static_cast<double>(batch.items()),
               answers = count * static_cast<double>(settings_.bits);
    return {.loss_sum = loss(output, batch).item<double>() * count,
            .loss_count = count,
            .metric_sum = (output * batch.target > 0).sum(torch::kDouble).item<double>(),
            .metric_count = answers};
  }

 private:
  FlipFlopSettings settings_;
  std::uint64_t seed_;
  TaskFacts facts_{.name = "flipflop",
                   .every_step = true,
                   .metric = "share of signs right",
                   .lower_is_better = false,
                   .baseline_text = {}};
};

}  // namespace

TaskSpec flip_flop_task() {
  return {.name = "flipflop",
          .summary = "hold the last pulse of each of several channels",
          .needs = "",
          .settings = {{.name = "bits",
                        .value = std::int64_t{3},
                        .help = "channels, each of which holds a bit",
                        .min = 1,
                        .max = 1'000},
                       {.name = "pulse",
                        .value = 0.1,
                        .help = "probability of a pulse at a step of a channel",
                        .min = 0,
                        .max = 1},
                       length_setting(40, 1),
                       batch_setting(64)},
          .model = {.cell = "lstm", .hidden = 32},
          .training = {.updates = 2000,
                       .validate_every = 200,
                       .target = 1.0,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::adam, .lr = 5e-3}},
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<FlipFlopTask>(settings, context.seed);
          }};
}

}  // namespace carousel
