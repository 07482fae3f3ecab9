#include "predict/answering.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/data/series_schema.h"
#include "carousel/error.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"
#include "carousel/train/evaluate.h"

namespace carousel::cli {

Answers answers_to(const TableTask& task, Model& model, Split split, std::int64_t at_most) {
  const torch::NoGradGuard no_graph;
  const auto device = device_of(model);
  const auto dtype = dtype_of(model);
  const std::int64_t all = task.batches(split), batches = at_most > 0 ? std::min(at_most, all) : all;
  Answers answers;
  for (std::int64_t i = 0; i < batches; ++i) {
    const auto batch = task.batch(split, i).to(device, dtype);
    task.add_answers(model.predict(batch, {}, 0).output, batch, split, answers);
  }
  require_finite(answers, task.table());
  return answers;
}

void require_finite(const Answers& answers, const Table& table) {
  const auto wrong =
      std::ranges::find_if(answers.rows, [](const Answer& row) { return !std::isfinite(row.answer); });
  if (wrong != answers.rows.end()) {
    throw NonFiniteError(fmt::format(
        "the model's answer after {} is {}: it was trained to weights that compute no numbers, or the "
        "table is far from what it was trained on",
        table.place(wrong->row), wrong->answer));
  }
}

const TableTask& as_table_task(const Task& task, const std::string& command) {
  if (const auto* table = dynamic_cast<const TableTask*>(&task)) return *table;
  throw Error(fmt::format(
      "carousel {} answers tables, and {} is not a task over tables: give a run of series or classify",
      command, task.facts().name));
}

AnswerColumns answer_columns(const std::string& schema, const Answers& answers) {
  AnswerColumns columns;
  columns.truth = std::ranges::any_of(answers.rows, [](const Answer& row) { return !std::isnan(row.truth); });
  const auto json = nlohmann::json::parse(schema, nullptr, false);
  if (!json.is_object() || !json.contains("time")) return columns;  // of a task without times
  const auto read = SeriesSchema::from_json(json);
  if (!read.time.empty()) columns.time = read.time.size() == 1 ? read.time.front() : "time";
  columns.unit = read.unit;
  columns.group = read.group;
  return columns;
}

}  // namespace carousel::cli
