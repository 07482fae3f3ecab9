#include "predict/follow.h"

#include <fmt/format.h>

#include "carousel/data/series_schema.h"
#include "carousel/data/table_file.h"
#include "carousel/error.h"
#include "carousel/tasks/series.h"
#include "carousel/tasks/series_follower.h"

#include "predict/answering.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

/// Columns that are read of each line: times as they stand.
std::map<std::string, ColumnKind> kinds_of_lines(const SeriesSchema& schema) {
  auto kinds = schema.kinds(schema.predict == PredictKind::forecast);
  for (const auto& name : schema.time) {
    if (!kinds.contains(name))
      kinds[name] = schema.time.size() == 1 ? ColumnKind::category : ColumnKind::number;
  }
  return kinds;
}

/// Targets, classes and quantiles of every answer, before the first.
Answers shape_of(const SeriesSchema& schema, const Settings& settings) {
  Answers shape;
  for (const auto& target : schema.targets) shape.targets.push_back(target.name);
  if (schema.is_classification()) shape.classes = schema.targets.front().categories;
  shape.quantiles = series_quantiles(settings);
  return shape;
}

double time_of(const SeriesSchema& schema, const Table& row) {
  if (schema.time.empty()) return missing;
  const Column time =
      schema.time.size() == 1 ? time_of_column(row, schema.time.front()) : time_of_parts(row, schema.time);
  return time.values.front();
}

}  // namespace

void follow(std::istream& lines, const std::string& schema_text, const Settings& settings, Model& model,
            bool keeps_state) {
  const auto schema = SeriesSchema::from_json(nlohmann::json::parse(schema_text, nullptr, false));
  SeriesFollower follower(schema, settings, model, keeps_state);
  const Answers shape = shape_of(schema, settings);
  const AnswerColumns columns = answer_columns(schema_text, shape);
  const auto steps = static_cast<std::size_t>(std::max<std::int64_t>(1, schema.horizon));
  const std::size_t values = steps * shape.targets.size() * (1 + shape.width());

  std::string line;
  if (!std::getline(lines, line))
    throw Error("--follow reads a header and then rows, and there was nothing: pipe a table into it");
  TableFormat format = series_format(settings);
  format.kinds = kinds_of_lines(schema);
  const TableLines reader(line, format, "the input");
  print(follow_header(shape, schema.horizon, columns));
  for (std::int64_t number = 2; std::getline(lines, line); ++number) {
    if (line.empty()) continue;
    const Table row = reader.read(line, number);
    const Answers answers = follower.read(row);
    print(follow_line(answers, row, time_of(schema, row), values, columns));
  }
}

}  // namespace carousel::cli
