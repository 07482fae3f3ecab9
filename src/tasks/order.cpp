#include "carousel/tasks/order.h"

#include "carousel/data/generators.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

class OrderTask : public Task {
 public:
  OrderTask(const Settings& settings, std::uint64_t seed)
      : settings_{.length = static_cast<int>(settings.integer("length")),
                  .batch = static_cast<int>(settings.integer("batch"))},
        seed_(seed) {}

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return generated_batches(split, settings_.batch); }

  Batch batch(Split split, std::int64_t index) const override {
    const auto drawn = order_batch(settings_, {seed_, part_of(split), static_cast<std::uint64_t>(index)});
    Batch batch;
    batch.input = tokens_of(drawn.inputs, {settings_.length, settings_.batch});
    batch.target = tokens_of(drawn.targets, {settings_.batch});
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return cross_entropies(output, batch.target).mean();
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return score_of_classes(output, batch);
  }

 private:
  OrderSettings settings_;
  std::uint64_t seed_;
  TaskFacts facts_{.name = "order",
                   .tokens = true,
                   .input_size = order_symbols,
                   .output_size = order_classes,
                   .metric = "accuracy",
                   .lower_is_better = false,
                   .baseline = 1.0 / order_classes,
                   .baseline_text = "a guess among the four classes: 1/4"};
};

}  // namespace

TaskSpec order_task() {
  return {.name = "order",
          .summary = "which of A and B came first and which second, among distractors",
          .needs = "",
          .settings = {length_setting(20, 10), batch_setting(20)},
          .model = {.cell = "rnn", .hidden = 50},
          .training = {.updates = 40'000,
                       .validate_every = 1000,
                       .target = 0.99,
                       .init = {.recurrent = RecurrentInit::normal, .std = 0.1},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::sgd, .lr = 0.01}},
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<OrderTask>(settings, context.seed);
          }};
}

}  // namespace carousel
