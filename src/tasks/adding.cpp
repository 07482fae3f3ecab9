#include "carousel/tasks/adding.h"

#include "carousel/data/generators.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

class AddingTask : public Task {
 public:
  AddingTask(const Settings& settings, std::uint64_t seed)
      : settings_{.length = static_cast<int>(settings.integer("length")),
                  .batch = static_cast<int>(settings.integer("batch"))},
        seed_(seed) {}

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return generated_batches(split, settings_.batch); }

  Batch batch(Split split, std::int64_t index) const override {
    const auto drawn = adding_batch(settings_, {seed_, part_of(split), static_cast<std::uint64_t>(index)});
    Batch batch;
    batch.input = copy_of(drawn.inputs, {settings_.length, settings_.batch, 2});
    batch.target = copy_of(drawn.targets, {settings_.batch, 1});
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return torch::mse_loss(output, batch.target.to(output.scalar_type()));
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    const auto count = static_cast<double>(batch.sequences());
    const double sum = loss(output, batch).item<double>() * count;
    return {.loss_sum = sum, .loss_count = count, .metric_sum = sum, .metric_count = count};
  }

 private:
  AddingSettings settings_;
  std::uint64_t seed_;
  TaskFacts facts_{.name = "adding",
                   .input_size = 2,
                   .output_size = 1,
                   .metric = "mean squared error",
                   .baseline = adding_baseline(),
                   .baseline_text = "always answering 1: 2 Var U[0, 1) = 1/6"};
};

}  // namespace

TaskSpec adding_task() {
  return {.name = "adding",
          .summary = "the sum of two marked numbers in a long sequence of random ones",
          .needs = "",
          .settings = {length_setting(100, 2), batch_setting(50)},
          .model = {.cell = "lstm", .hidden = 64},
          .training = {.updates = 4000,
                       .validate_every = 200,
                       .target = 0.01,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::adam, .lr = 5e-3}},
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<AddingTask>(settings, context.seed);
          }};
}

}  // namespace carousel
