#include "carousel/tasks/vowels.h"

#include <array>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/time_series.h"
#include "carousel/error.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

constexpr std::size_t keep_for_validation = 10;  // every tenth training case

struct Cases {
  std::vector<torch::Tensor> series;  // [T, channels] each
  std::vector<std::int64_t> labels;
};

void append(Cases& cases, const Series& series, int channels) {
  cases.series.push_back(copy_of(series.values, {series.length, channels}));
  cases.labels.push_back(series.label);
}

class VowelsTask : public Task {
 public:
  VowelsTask(const Settings& settings, std::uint64_t seed)
      : VowelsTask(settings, seed, needed_path(settings, "data", "vowels", "a folder", "FOLDER")) {}

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return plan_.batches(split); }

  Batch batch(Split split, std::int64_t index) const override {
    Batch batch;
    batch.examples = plan_.examples(split, index);
    const auto& cases = parts_[static_cast<std::size_t>(split)];
    std::vector<torch::Tensor> series;
    std::vector<std::int64_t> labels;
    for (const auto example : batch.examples) {
      series.push_back(cases.series[static_cast<std::size_t>(example)]);
      labels.push_back(cases.labels[static_cast<std::size_t>(example)]);
    }
    batch.input = padded(series);
    batch.target = copy_of(labels, {static_cast<std::int64_t>(labels.size())});
    batch.lengths = lengths_of(series);
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return cross_entropies(output, batch.target).mean();
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return score_of_classes(output, batch);
  }

 private:
  VowelsTask(const Settings& settings, std::uint64_t seed, const std::filesystem::path& folder) {
    const auto train_path = folder / "JapaneseVowels_TRAIN.ts", test_path = folder / "JapaneseVowels_TEST.ts";
    const auto train = read_time_series(train_path), test = read_time_series(test_path);
    if (train.channels != test.channels || train.labels != test.labels) {
      throw Error(fmt::format("{} has other channels or labels than {}: the two must belong together",
                              source_name(test_path), source_name(train_path)));
    }
    auto& [learnt, held_out, tested] = parts_;
    for (std::size_t i = 0; i < train.cases.size(); ++i) {
      append(i % keep_for_validation == keep_for_validation - 1 ? held_out : learnt, train.cases[i],
             train.channels);
    }
    for (const auto& series : test.cases) append(tested, series, test.channels);
    if (held_out.series.empty()) {
      throw Error(fmt::format("{} has {} cases: at least {} are needed, to keep one in {} for validation",
                              source_name(train_path), train.cases.size(), keep_for_validation,
                              keep_for_validation));
    }
    scale();
    const auto count = [](const Cases& cases) { return static_cast<std::int64_t>(cases.series.size()); };
    plan_ = BatchPlan({count(learnt), count(held_out), count(tested)}, settings.integer("batch"), seed);
    state_facts(train);
  }

  /// Every channel to mean 0 and variance 1 over the steps of the training cases: in double, for in float a
  /// large mean would swallow what varies about it. A channel that does not vary becomes 0.
  void scale() {
    const auto steps = torch::cat(parts_[0].series);
    const auto mean = steps.mean(0), deviation = steps.std(0);
    const auto rounding = std::get<0>(steps.abs().max(0)) * 1e-13;
    const auto factor = torch::where(deviation > rounding, 1 / deviation, torch::zeros_like(deviation));
    for (auto& cases : parts_) {
      for (auto& series : cases.series) series = ((series - mean) * factor).to(torch::kFloat);
    }
  }

  void state_facts(const LabelledSeries& data) {
    const auto& labels = parts_[0].labels;
    facts_.input_size = data.channels;
    facts_.output_size = static_cast<std::int64_t>(data.labels.size());
    facts_.baseline = largest_share(copy_of(labels, {static_cast<std::int64_t>(labels.size())}));
    facts_.baseline_text =
        fmt::format("always naming the commonest speaker of the training set: {:.3f}", facts_.baseline);
  }

  std::array<Cases, 3> parts_;  // train, valid, test
  BatchPlan plan_{{0, 0, 0}, 1, 0};
  TaskFacts facts_{.name = "vowels", .metric = "accuracy", .lower_is_better = false, .baseline_text = {}};
};

}  // namespace

TaskSpec vowels_task() {
  return {
      .name = "vowels",
      .summary = "which of nine speakers said two Japanese vowels",
      .needs = "the JapaneseVowels files: --data FOLDER",
      .settings = {path_setting("data", "the folder with JapaneseVowels_TRAIN.ts and JapaneseVowels_TEST.ts"),
                   batch_setting(16)},
      .model = {.cell = "lstm", .hidden = 64},
      .training = {.validate_every = 48,
                   .init = {.forget_bias = 1.0},
                   .clip = {.mode = ClipMode::norm, .limit = 1.0},
                   .optimiser = {.kind = OptimiserKind::adam, .lr = 2e-3}},
      .epochs = 60.0,
      .make = [](const Settings& settings, const TaskContext& context) {
        return std::make_unique<VowelsTask>(settings, context.seed);
      }};
}

}  // namespace carousel
