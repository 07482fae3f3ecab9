#include "carousel/tasks/reber.h"

#include <algorithm>
#include <limits>

#include "carousel/data/reber.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

constexpr auto symbols = static_cast<std::int64_t>(reber_alphabet.size());
constexpr std::int64_t held_out = 256;  // strings of validation, and of test

/// Every symbol but the last as tokens, and for each the symbol that follows in column 0 and the mask of
/// those that may in column 1.
std::pair<torch::Tensor, torch::Tensor> tensors_of(const ReberString& string) {
  std::vector<std::int64_t> tokens, following;
  for (std::size_t t = 0; t + 1 < string.symbols.size(); ++t) {
    tokens.push_back(static_cast<std::int64_t>(reber_alphabet.find(string.symbols[t])));
    following.push_back(static_cast<std::int64_t>(reber_alphabet.find(string.symbols[t + 1])));
    following.push_back(string.next[t]);
  }
  const auto steps = static_cast<std::int64_t>(tokens.size());
  return {copy_of(tokens, {steps}), copy_of(following, {steps, 2})};
}

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
      auto [input, target] = tensors_of(string);
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
  /// Whether a string's worst legal symbol scores above its best illegal one at every step, [B].
  static torch::Tensor legal_strings(const torch::Tensor& output, const Batch& batch) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto bits = torch::bitwise_left_shift(1, torch::arange(symbols, batch.target.options()));
    const auto legal = batch.target.select(2, 1).unsqueeze(-1).bitwise_and(bits) != 0;
    const auto worst_legal = output.masked_fill(~legal, infinity).amin(-1);
    const auto best_illegal = output.masked_fill(legal, -infinity).amax(-1);
    return ((worst_legal > best_illegal) | (step_mask(batch).to(output.device()) == 0)).all(0);
  }

  int inner_;
  std::int64_t batch_;
  std::uint64_t seed_;
  TaskFacts facts_{
      .name = "reber",
      .tokens = true,
      .input_size = symbols,
      .output_size = symbols,
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
