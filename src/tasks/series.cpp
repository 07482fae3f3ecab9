#include "carousel/tasks/series.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/text.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

#include "tasks/series_answers.h"
#include "tasks/series_baselines.h"
#include "tasks/series_batch.h"
#include "tasks/series_data.h"
#include "tasks/series_loss.h"
#include "tasks/series_settings.h"
#include "tasks/series_task.h"
#include "tasks/table_reading.h"

namespace carousel {
namespace {

std::array<std::int64_t, 3> counts_of(const SeriesData& data) {
  std::array<std::int64_t, 3> counts{};
  for (std::size_t p = 0; p < 3; ++p) counts[p] = static_cast<std::int64_t>(data.windows[p].size());
  return counts;
}

class SeriesTask : public TableTask {
 public:
  SeriesTask(const Settings& settings, const TaskContext& context, const std::string& name)
      : data_(load_series(settings, context)),
        loss_(settings, data_),
        plan_(counts_of(data_), settings.integer("batch"), context.seed),
        inputs_(torch::from_blob(data_.frame.inputs.data(), {data_.frame.places, data_.frame.features})) {
    facts_.name = name;
    state_facts(settings.integer("embed"));
    if (!context.answer_every) state_baseline();
  }

  const TaskFacts& facts() const override { return facts_; }
  const Table& table() const override { return data_.table; }
  std::int64_t batches(Split split) const override { return plan_.batches(split); }
  std::string schema() const override { return data_.schema.to_json().dump(1); }
  std::string loss_form() const override { return loss_.form(); }
  std::vector<std::string> notes() const override { return data_.notes; }

  Batch batch(Split split, std::int64_t index) const override {
    return series_batch(data_, inputs_, split, plan_.examples(split, index), loss_.classes());
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return loss_.mean(output, batch);
  }
  double loss_count(const Batch& batch) const override { return loss_.count(batch); }
  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return loss_.score(output, batch);
  }

  void add_answers(const torch::Tensor& output, const Batch& batch, Split split,
                   Answers& answers) const override {
    add_series_answers(data_, loss_, output, batch, split, answers);
  }

  Baseline baseline(Split split) const override {
    if (data_.of(split).empty()) return {facts_.baseline, facts_.baseline_text};
    if (loss_.classes() > 0) {
      const auto [share, name] = majority(data_, split);
      return majority_baseline(share, name, split);
    }
    const auto answers = split == Split::valid ? data_.valid_answers : simple_answers(data_, split);
    std::vector<std::string> texts;
    for (const auto& answer : answers)
      texts.push_back(fmt::format("{} {:.4g}", answer.text, loss_.metric_of(answer)));
    const auto best =
        std::ranges::min_element(answers, {}, [&](const SimpleAnswer& a) { return loss_.metric_of(a); });
    return {loss_.metric_of(*best),
            fmt::format("{} on the {} part ({})", best->text, name_of(split), join(texts))};
  }

 private:
  void state_facts(std::int64_t embed) {
    const SeriesSchema& schema = data_.schema;
    const bool forecast = schema.predict == PredictKind::forecast, ahead = schema.has_known_ahead();
    facts_.input_size = schema.features();
    if (embed > 0) embed_categories(embed);
    facts_.every_step = schema.predict == PredictKind::step || ahead;
    facts_.output_size = loss_.outputs() * (forecast && !ahead ? schema.horizon : 1);
    facts_.metric = loss_.metric_name();
    facts_.lower_is_better = loss_.classes() == 0;
  }

  void embed_categories(std::int64_t size) {
    const auto& inputs = data_.schema.inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].kind == ColumnKind::category)
        facts_.embedded.push_back({data_.schema.first_feature(i), inputs[i].width(), size});
    }
    if (!facts_.embedded.empty()) return;
    throw Error(fmt::format(
        "--embed is {}, but no input is a category: leave it out, or name such columns by --categorical",
        size));
  }

  void state_baseline() {
    const Baseline found = baseline(data_.of(Split::valid).empty() ? Split::test : Split::valid);
    facts_.baseline = found.metric;
    facts_.baseline_text = found.text;
  }

  SeriesData data_;
  SeriesLoss loss_;
  BatchPlan plan_;
  torch::Tensor inputs_;  // [places, features], of the frame
  TaskFacts facts_{.name = {}, .metric = {}, .baseline_text = {}};
};

}  // namespace

std::unique_ptr<Task> make_series(const Settings& settings, const TaskContext& context,
                                  const std::string& name) {
  return std::make_unique<SeriesTask>(settings, context, name);
}

TaskSpec series_task() {
  return {.name = "series",
          .summary = "forecasts, classes or numbers from a table of one's own",
          .needs = "a table and the column to predict: --data FILE --target NAME",
          .settings = series_settings(),
          .model = {.cell = "lstm", .hidden = 64},
          .training = {.validate_every = 200,
                       .patience = 10,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::adam, .lr = 1e-3}},
          .epochs = 20.0,
          .make = [](const Settings& settings, const TaskContext& context) {
            return make_series(settings, context, "series");
          }};
}

}  // namespace carousel
