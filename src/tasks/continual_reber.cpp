#include "carousel/tasks/continual_reber.h"

#include <cmath>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

#include "tasks/reber_steps.h"

namespace carousel {
namespace {

class ContinualReberTask : public Task {
 public:
  ContinualReberTask(const Settings& settings, std::uint64_t seed)
      : inner_(static_cast<int>(settings.integer("inner"))),
        length_(settings.integer("length")),
        segments_(settings.integer("segments")),
        batch_(settings.integer("batch")),
        told_(settings.flag("told")),
        seed_(seed) {
    constexpr std::int64_t most_steps = 100'000'000;
    const auto least = static_cast<std::int64_t>(std::ceil(4 * reber_mean_length(inner_)));
    if (length_ < least) {
      throw Error(
          fmt::format("--length {} is too short for --inner {}, as whole strings are counted within a "
                      "segment and one has {} "
                      "symbols in the mean: give --length {} or more",
                      length_, inner_, reber_mean_length(inner_), least));
    }
    for (const auto& [name, times] : {std::pair("segments", segments_), std::pair("batch", batch_)}) {
      if (length_ <= most_steps / times) continue;
      throw Error(fmt::format("--length {} times --{} {} is more than {} steps: give a smaller one", length_,
                              name, times, most_steps));
    }
  }

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return split == Split::train ? 0 : segments_; }

  Batch batch(Split split, std::int64_t index) const override {
    const std::int64_t round = index / segments_, segment = index % segments_;
    std::vector<torch::Tensor> inputs, targets, begins;
    for (std::int64_t b = 0; b < batch_; ++b) {
      // A symbol more, to be predicted.
      const auto stream =
          reber_stream(inner_, segment * length_, length_ + 1,
                       {seed_, part_of(split), static_cast<std::uint64_t>(round * batch_ + b)});
      auto [input, target] = reber_tensors(stream.symbols, stream.next);
      const std::vector<std::int64_t> ended(stream.ended.begin(), stream.ended.end() - 1);
      inputs.push_back(std::move(input));
      targets.push_back(torch::cat({target, copy_of(ended, {length_, 1})}, 1));
      if (told_) begins.push_back(begins_of(split, segment, round * batch_ + b));
    }
    Batch batch;
    batch.input = torch::stack(inputs, 1);
    batch.target = torch::stack(targets, 1);  // [T, B, 3]: what follows, what may, the string that ends here
    batch.continues = segment > 0;
    if (told_) batch.resets = torch::stack(begins, 1);
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return mean_over_steps(cross_entropies(output, batch.target.select(2, 0)), batch);
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    auto score = score_over_steps(cross_entropies(output, batch.target.select(2, 0)), batch);
    // A string of n symbols that ends at step t is right when as many steps were wrong up to t as up to t - n.
    const auto wrong = (~reber_steps_right(output, batch)).to(torch::kLong).cumsum(0);
    const auto before = torch::constant_pad_nd(wrong, {0, 0, 1, 0});  // [T + 1, B]
    const auto ended = batch.target.select(2, 2);
    const auto begin = torch::arange(1, length_ + 1, ended.options()).unsqueeze(1) - ended;
    const auto whole = (ended > 0).logical_and(begin >= 0);
    const auto right = whole.logical_and(wrong == before.gather(0, begin.clamp_min(0)));
    score.metric_sum = right.sum(torch::kDouble).item<double>();
    score.metric_count = whole.sum(torch::kDouble).item<double>();
    return score;
  }

 private:
  /// Where a string begins behind another, [T] bool.
  torch::Tensor begins_of(Split split, std::int64_t segment, std::int64_t number) const {
    const bool goes_on = segment > 0;  // then the step before says whether the first begins anew
    const auto before = reber_stream(inner_, segment * length_ - (goes_on ? 1 : 0), length_ + 1,
                                     {seed_, part_of(split), static_cast<std::uint64_t>(number)});
    auto begins = torch::zeros({length_}, torch::kBool);
    for (std::int64_t t = goes_on ? 0 : 1; t < length_; ++t)
      begins[t] = before.ended[static_cast<std::size_t>(goes_on ? t : t - 1)] > 0;
    return begins;
  }

  int inner_;
  std::int64_t length_, segments_, batch_;
  bool told_ = false;
  std::uint64_t seed_;
  TaskFacts facts_{
      .name = "continual-reber",
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

TaskSpec continual_reber_task() {
  return {.name = "continual-reber",
          .summary = "the next symbol of a stream of embedded Reber strings, whose ends nobody marks",
          .needs = "",
          .settings = {{.name = "inner",
                        .value = std::int64_t{1},
                        .help = "Reber strings in a row between the symbol and its repetition",
                        .min = 1,
                        .max = 1'000},
                       {.name = "length",
                        .value = std::int64_t{100},
                        .help = "steps of a segment, after which the gradient is cut and the state goes on",
                        .min = 48,
                        .max = 1'000'000},
                       {.name = "segments",
                        .value = std::int64_t{20},
                        .help = "segments of a stream, after which a new one begins",
                        .min = 1,
                        .max = 1'000'000},
                       {.name = "told",
                        .value = false,
                        .help = "say where strings begin: the state is then the start again"},
                       batch_setting(16)},
          .model = {.cell = "lstm", .hidden = 32},
          .training = {.updates = 3000,
                       .validate_every = 200,
                       .target = 1.0,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::adam, .lr = 0.01}},
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<ContinualReberTask>(settings, context.seed);
          }};
}

}  // namespace carousel
