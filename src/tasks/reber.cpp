#include "carousel/tasks/reber.h"

#include <algorithm>

#include "carousel/data/reber.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

#include "tasks/reber_steps.h"

namespace carousel {
namespace {

constexpr std::int64_t held_out = 256;  // strings of validation, and of test

class ReberTask : public Task {
 public:
  ReberTask(const Settings& settings, std::uint64_t seed)
      : inner_(static_cast<int>(settings.integer("inner"))), batch_(settings.integer("batch")), seed_(seed) {}

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return generated_batches(split, batch_, held_out); }

  Batch batch(Split split, std::int64_t index) const override {
    const std::int64_t first = index * batch_;
    const std::int64_t end = split == Split::train ? first + batch_ : std::min(first + batch_, held_out);
    std::vector<torch::Tensor> inputs, targets;
    for (std::int64_t i = first; i < end; ++i) {
      const auto string = reber_string(inner_, {seed_, part_of(split), static_cast<std::uint64_t>(i)});
      auto [input, target] = reber_tensors(string.symbols, string.next);
      inputs.push_back(std::move(input));
      targets.push_back(std::move(target));
    }
    Batch batch;
    batch.input = padded(inputs);
    batch.target = padded(targets);
    batch.lengths = lengths_of(inputs);
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return mean_over_steps(cross_entropies(output, batch.target.select(2, 0)), batch);
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    auto score = score_over_steps(cross_entropies(output, batch.target.select(2, 0)), batch);
    score.metric_sum = legal_strings(output, batch).sum(torch::kDouble).item<double>();
    score.metric_count = static_cast<double>(batch.sequences());
    return score;
  }

 private:
  /// Whether a string is right at every step, [B].
  static torch::Tensor legal_strings(const torch::Tensor& output, const Batch& batch) {
    return (reber_steps_right(output, batch) | (step_mask(batch).to(output.device()) == 0)).all(0);
  }

  int inner_;
  std::int64_t batch_;
  std::uint64_t seed_;
  TaskFacts facts_{
      .name = "reber",
      .tokens = true,
      .input_size = reber_symbols,
      .output_size = reber_symbols,
      .every_step = true,
      .predicts_next = true,
      .metric = "share of strings all right",
      .lower_is_better = false,
      .baseline = 0.5,
      .baseline_text = "all of the grammar, but the second symbol forgotten: T or P at the end, 1/2"};
};

}  // namespace

TaskSpec reber_task() {
  return {.name = "reber",
          .summary = "the next symbol of an embedded Reber string, whose end repeats its beginning",
          .needs = "",
          .settings = {{.name = "inner",
                        .value = std::int64_t{1},
                        .help = "Reber strings in a row between the symbol and its repetition",
                        .min = 1,
                        .max = 1'000},
                       batch_setting(8)},
          .model = {.cell = "lstm", .hidden = 8},
          .training = {.updates = 5000,
                       .validate_every = 250,
                       .target = 1.0,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::adam, .lr = 0.01}},
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<ReberTask>(settings, context.seed);
          }};
}

}  // namespace carousel
