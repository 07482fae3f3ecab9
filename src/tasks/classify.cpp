#include "carousel/tasks/classify.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/stream_pieces.h"
#include "carousel/tasks/table_task.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

#include "tasks/class_weights.h"
#include "tasks/classify_data.h"
#include "tasks/table_reading.h"
#include "tasks/table_settings.h"

namespace carousel {
namespace {

constexpr std::int64_t no_class = -1;

std::array<std::int64_t, 3> texts_of(const ClassifyData& data) {
  std::array<std::int64_t, 3> counts{};
  for (std::size_t p = 0; p < 3; ++p) counts[p] = std::ssize(data.rows[p]);
  return counts;
}

class ClassifyTask : public TableTask {
 public:
  ClassifyTask(const Settings& settings, const TaskContext& context)
      : data_(load_classify(settings, context)),
        plan_(texts_of(data_), settings.integer("batch"), context.seed),
        pack_(settings.flag("pack")) {
    if (settings.text("class-weights") == "balanced") weights_ = balanced_weights(data_.schema.counts);
    facts_.input_size = data_.schema.vocabulary.size();
    facts_.output_size = std::ssize(data_.schema.classes);
    if (context.answer_every) return;
    const Baseline found = baseline(data_.of(Split::valid).empty() ? Split::test : Split::valid);
    facts_.baseline = found.metric;
    facts_.baseline_text = found.text;
  }

  const TaskFacts& facts() const override { return facts_; }
  const Table& table() const override { return data_.table; }
  std::int64_t batches(Split split) const override { return plan_.batches(split); }
  std::string schema() const override { return data_.schema.to_json().dump(1); }
  std::vector<std::string> notes() const override { return data_.notes; }
  std::string loss_form() const override { return loss_form_text({}, weights_); }

  Batch batch(Split split, std::int64_t index) const override {
    Batch batch;
    batch.examples = plan_.examples(split, index);
    if (pack_) return packed(split, std::move(batch));
    std::vector<std::int64_t> lengths, classes;
    for (const auto example : batch.examples) {
      lengths.push_back(std::ssize(tokens_at(split, example)));
      classes.push_back(data_.class_of_row[row_at(split, example)]);
    }
    const std::int64_t count = std::ssize(batch.examples), steps = std::ranges::max(lengths);
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(steps * count), Vocabulary::unknown);
    for (std::int64_t b = 0; b < count; ++b) {
      auto place = static_cast<std::size_t>(b);
      for (const auto token : tokens_at(split, batch.examples[static_cast<std::size_t>(b)])) {
        tokens[place] = token;
        place += static_cast<std::size_t>(count);
      }
    }
    batch.input = tokens_of(tokens, {steps, count});
    batch.target = copy_of(classes, {count});
    if (std::ranges::min(lengths) < steps) batch.lengths = copy_of(lengths, {count});
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return torch::cross_entropy_loss(output, batch.target, weights_like(output), at::Reduction::Mean,
                                     no_class);
  }

  double loss_count(const Batch& batch) const override {
    if (!weights_.defined()) return static_cast<double>(batch.target.size(0));
    return weights_.index_select(0, batch.target.to(torch::kCPU)).sum().item<double>();
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    const auto losses =
        torch::cross_entropy_loss(output, batch.target, weights_like(output), at::Reduction::None, no_class);
    return {.loss_sum = losses.sum(torch::kDouble).item<double>(),
            .loss_count = loss_count(batch),
            .metric_sum = output.argmax(-1).eq(batch.target).sum(torch::kDouble).item<double>(),
            .metric_count = static_cast<double>(batch.target.size(0))};
  }

  void add_answers(const torch::Tensor& output, const Batch& batch, Split split,
                   Answers& answers) const override {
    answers.targets = {data_.schema.label};
    answers.classes = data_.schema.classes;
    const auto probabilities = output.softmax(-1).to(torch::kCPU, torch::kDouble).contiguous();
    const double* value = probabilities.const_data_ptr<double>();
    for (const auto example : batch.examples) {
      const auto row = row_at(split, example);
      const auto truth = data_.class_of_row[row];
      const double* const end = value + facts_.output_size;
      answers.rows.push_back({.example = example,
                              .row = static_cast<std::int64_t>(row),
                              .truth = truth == no_class ? missing : static_cast<double>(truth),
                              .answer = static_cast<double>(std::max_element(value, end) - value)});
      answers.more.insert(answers.more.end(), value, end);
      value = end;
    }
  }

  Baseline baseline(Split split) const override {
    const auto& rows = data_.of(split);
    if (rows.empty()) return {facts_.baseline, facts_.baseline_text};
    const auto commonest = data_.schema.commonest();
    const auto right = std::ranges::count(rows, static_cast<std::int64_t>(commonest), [&](std::int64_t row) {
      return data_.class_of_row[static_cast<std::size_t>(row)];
    });
    return majority_baseline(static_cast<double>(right) / static_cast<double>(rows.size()),
                             data_.schema.classes[commonest], split);
  }

 private:
  /// The texts of a batch end to end, examples and classes in the order of the pieces.
  Batch packed(Split split, Batch batch) const {
    std::vector<torch::Tensor> texts;
    std::vector<std::int64_t> lengths, examples, classes;
    for (const auto example : batch.examples) {
      const auto& tokens = tokens_at(split, example);
      lengths.push_back(std::ssize(tokens));
      texts.push_back(tokens_of(tokens, {lengths.back()}));
    }
    const auto pieces = StreamPieces::end_to_end(lengths);
    for (const auto i : pieces.sequence) {
      examples.push_back(batch.examples[static_cast<std::size_t>(i)]);
      classes.push_back(data_.class_of_row[row_at(split, examples.back())]);
    }
    batch.examples = std::move(examples);
    batch.input = pieces.join(texts);
    batch.target = copy_of(classes, {std::ssize(classes)});
    batch.lengths = pieces.lengths();
    batch.resets = pieces.resets();
    return batch;
  }

  std::size_t row_at(Split split, std::int64_t example) const {
    return static_cast<std::size_t>(data_.of(split)[static_cast<std::size_t>(example)]);
  }
  const std::vector<std::int32_t>& tokens_at(Split split, std::int64_t example) const {
    return data_.texts[data_.text_of_row[row_at(split, example)]];
  }
  std::optional<torch::Tensor> weights_like(const torch::Tensor& output) const {
    if (!weights_.defined()) return std::nullopt;
    return weights_.to(output);
  }

  ClassifyData data_;
  BatchPlan plan_;
  bool pack_ = false;
  torch::Tensor weights_;  // [C] or undefined
  TaskFacts facts_{.name = "classify",
                   .tokens = true,
                   .metric = "accuracy",
                   .lower_is_better = false,
                   .baseline_text = {}};
};

std::vector<Setting> classify_settings() {
  auto settings = table_settings();
  const std::vector<Setting> own{
      text_setting("text", "", "the column of the texts"),
      text_setting("label", "", "the column that says which class a text is of; numbers are classes too"),
      choice_setting("unit", "words", "what one step reads: words or characters", {"words", "characters"}),
      count_setting("vocabulary", 10'000,
                    "words or characters that are known, the commonest of the training part", 1, 10'000'000),
      count_setting("min-count", 1, "of those that come at least so often in it", 1, 1'000'000),
      count_setting("longest", 256, "words or characters after which a longer text ends; 0: never", 0,
                    10'000'000),
      text_setting("split", "0.7,0.15,0.15",
                   "train, valid and test: shares, every class in each, numbers of rows, fold:1/5, every:10 "
                   "or column:NAME"),
      class_weights_setting(),
      batch_setting(64),
      pack_setting("texts")};
  settings.insert(settings.end(), own.begin(), own.end());
  return settings;
}

}  // namespace

TaskSpec classify_task() {
  return {
      .name = "classify",
      .summary = "which class a text is of, from a table of texts and labels",
      .needs =
          "a table, the column of its texts and that of their classes: --data FILE --text NAME --label NAME",
      .settings = classify_settings(),
      .model = {.cell = "lstm", .hidden = 64, .embedding = 64},
      .training = {.validate_every = 200,
                   .patience = 10,
                   .init = {.forget_bias = 1.0},
                   .clip = {.mode = ClipMode::norm, .limit = 1.0},
                   .optimiser = {.kind = OptimiserKind::adam, .lr = 1e-3}},
      .epochs = 10.0,
      .make = [](const Settings& settings, const TaskContext& context) {
        return std::make_unique<ClassifyTask>(settings, context);
      }};
}

}  // namespace carousel
