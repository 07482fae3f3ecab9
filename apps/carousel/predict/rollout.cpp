#include "predict/rollout.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "carousel/data/series_frame.h"
#include "carousel/data/series_schema.h"
#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/tasks/series.h"

#include "predict/answering.h"

namespace carousel::cli {
namespace {

TableAnswers answered(const TaskSpec& task, const Settings& settings, const TaskContext& context,
                      Model& model) {
  const auto made = task.make(settings, context);
  const TableTask& tables = as_table_task(*made, "predict");
  return {answers_to(tables, model, Split::test), tables.table()};
}

class Rollout {
 public:
  Rollout(const TaskSpec& task, const Settings& settings, const TaskContext& context, Model& model)
      : task_(task),
        settings_(settings),
        context_(context),
        model_(model),
        schema_(SeriesSchema::from_json(nlohmann::json::parse(context.memory.schema, nullptr, false))) {
    if (schema_.predict != PredictKind::forecast || schema_.has_known_ahead())
      throw Error(
          "--rollout goes on from forecasts, but the run answers rows that are there, or reads inputs known "
          "ahead: leave it out");
    context_.answer_every = 0;
  }

  Table table() const {
    Table table = series_table(settings_, schema_);
    if (schema_.step == TimeStep{} && !schema_.time.empty())
      throw Error(
          "--rollout writes the times of rows to come, but the run knows no step of time: leave it out");
    if (schema_.time.size() != 1) return table;
    const Column time = time_of_column(table, schema_.time.front());
    *std::ranges::find(table.columns, schema_.time.front(), &Column::name) = time;
    return table;
  }

  /// Appends the answers' rows below the table: targets, times and groups; all else is missing.
  void append(Table& table, const Answers& answers) const {
    const std::size_t count = answers.targets.size();
    for (std::size_t i = 0; i < answers.rows.size(); i += count) {
      for (Column& column : table.columns) column.values.push_back(value_of(column, answers, i));
    }
  }

  /// The newest rows of each group that a window, and what stands for missing values, need.
  TableAnswers step(const Table& table) const {
    TaskContext context = context_;
    context.table = &table;
    return answered(task_, settings_, context, model_);
  }

 private:
  double value_of(const Column& column, const Answers& answers, std::size_t i) const {
    const Answer& row = answers.rows[i];
    const auto target = std::ranges::find(answers.targets, column.name);
    if (target != answers.targets.end())
      return answers.rows[i + static_cast<std::size_t>(target - answers.targets.begin())].answer;
    if (const auto part = std::ranges::find(schema_.time, column.name); part != schema_.time.end())
      return schema_.time.size() == 1
                 ? row.time
                 : part_of_time(row.time, static_cast<std::size_t>(part - schema_.time.begin()));
    const bool group = std::ranges::find(schema_.group, column.name) != schema_.group.end();
    return group ? column.values[static_cast<std::size_t>(row.row)] : missing;
  }

  /// Year, month, day, hour, minute, second.
  static double part_of_time(double time, std::size_t part) {
    constexpr std::array<std::pair<std::size_t, std::size_t>, 6> places{
        {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
    const std::string text = format_time(time, TimeUnit::second);
    return parse_number<double>(std::string_view(text).substr(places.at(part).first, places.at(part).second))
        .value_or(missing);
  }

  const TaskSpec& task_;
  const Settings& settings_;
  TaskContext context_;
  Model& model_;
  SeriesSchema schema_;
};

/// Those up to `rollout` rows ahead, of which `reached` came before.
void append_up_to(Answers& all, const Answers& next, std::int64_t reached, std::int64_t rollout) {
  const std::size_t width = next.width();
  for (std::size_t i = 0; i < next.rows.size(); ++i) {
    Answer row = next.rows[i];
    row.horizon += reached;
    if (row.horizon > rollout) continue;
    all.rows.push_back(row);
    const auto first = next.more.begin() + static_cast<std::ptrdiff_t>(i * width);
    all.more.insert(all.more.end(), first, first + static_cast<std::ptrdiff_t>(width));
  }
}

}  // namespace

TableAnswers answer_table(const TaskSpec& task, const Settings& settings, const TaskContext& context,
                          Model& model, std::int64_t rollout) {
  if (rollout == 0) return answered(task, settings, context, model);
  const Rollout rolling(task, settings, context, model);
  Table table = rolling.table();
  TableAnswers all;
  for (std::int64_t reached = 0; reached < rollout;) {
    TableAnswers next = rolling.step(table);
    const Answers found = next.answers;
    rolling.append(table, found);
    if (reached == 0) all.answers = found, all.answers.rows.clear(), all.answers.more.clear();
    append_up_to(all.answers, found, reached, rollout);
    all.table = std::move(next.table);
    reached += found.rows.back().horizon;
  }
  return all;
}

}  // namespace carousel::cli
