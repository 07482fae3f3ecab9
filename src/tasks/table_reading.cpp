#include "tasks/table_reading.h"

#include <unordered_map>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/json_text.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/series.h"

#include "tasks/table_settings.h"

namespace carousel {
namespace {

/// Values of `more` as places among the categories of `column`, which gets those that it lacks.
void append_categories(Column& column, const Column& more) {
  std::unordered_map<std::string, double> places;
  for (std::size_t i = 0; i < column.categories.size(); ++i)
    places.emplace(column.categories[i], static_cast<double>(i));
  for (const double value : more.values) {
    if (std::isnan(value)) {
      column.values.push_back(value);
      continue;
    }
    const auto& text = more.categories.at(static_cast<std::size_t>(value));
    const auto [found, is_new] = places.emplace(text, static_cast<double>(column.categories.size()));
    if (is_new) column.categories.push_back(text);
    column.values.push_back(found->second);
  }
}

/// One file that stands beside several is one sequence, by the name of the file, as each of them is.
void name_sequence(const Table& table, Table& more) {
  if (table.parts.size() < 2 || !table.has("sequence") || more.has("sequence")) return;
  const std::string name = std::filesystem::path(more.parts.front().source).stem().string();
  more.columns.push_back({.name = "sequence",
                          .kind = ColumnKind::category,
                          .values = std::vector<double>(static_cast<std::size_t>(more.rows()), 0.0),
                          .categories = {name}});
}

/// Rows of another table below; it must have the columns of the first.
void append_table(Table& table, Table more) {
  name_sequence(table, more);
  const std::int64_t rows = table.rows();
  for (Column& column : table.columns) {
    const Column& below = more.column(column.name, "the other tables have, and it lacks,");
    if (column.kind == ColumnKind::category) {
      append_categories(column, below);
    } else {
      column.values.insert(column.values.end(), below.values.begin(), below.values.end());
    }
  }
  for (TablePart part : more.parts) {
    part.first_row += rows;
    table.parts.push_back(std::move(part));
  }
}

}  // namespace

TableFormat series_format(const Settings& settings) {
  return table_format(settings);
}

Table series_table(const Settings& settings, const SeriesSchema& schema) {
  TableFormat format = table_format(settings);
  format.kinds = schema.kinds(true);
  return read_table(table_paths(settings, "data", "series"), format);
}

TableFormat table_format(const Settings& settings) {
  TableFormat format{.separator = settings.text("separator"), .decimal = settings.text("decimal")};
  for (auto& text : listed(settings.text("missing-text"))) format.missing.push_back(std::move(text));
  for (const auto& name : listed(settings.text("categorical"))) format.kinds[name] = ColumnKind::category;
  return format;
}

std::vector<std::filesystem::path> table_paths(const Settings& settings, const std::string& name,
                                               const std::string& task) {
  const auto whole = needed_path(settings, name, task, "a table", "FILE");
  if (std::filesystem::exists(whole)) return {whole};
  std::vector<std::filesystem::path> paths;
  for (const auto& path : listed(whole.string())) paths.emplace_back(path);
  return paths.size() > 1 ? paths : std::vector<std::filesystem::path>{whole};
}

TableParts read_table_parts(const Settings& settings, TableFormat format, const TaskContext& context,
                            const std::string& task) {
  format.progress = context.progress;
  const auto read = [&](const char* name) { return read_table(table_paths(settings, name, task), format); };
  TableParts parts{.table = context.table ? *context.table : read("data")};
  parts.ends.fill(parts.table.rows());
  if (context.answer_every) return parts;
  for (const auto& column : parts.table.columns) format.kinds[column.name] = column.kind;
  const bool valid = !settings.text("valid-data").empty(), test = !settings.text("test-data").empty();
  if (valid) append_table(parts.table, read("valid-data"));
  parts.ends[1] = parts.table.rows();
  if (test) append_table(parts.table, read("test-data"));
  parts.by_files = valid || test;
  return parts;
}

Table without_columns(const Table& table) {
  // The number of rows is that of the columns: one stays.
  const Column nothing{.name = "",
                       .values = std::vector<double>(static_cast<std::size_t>(table.rows()), missing)};
  return {.columns = {nothing}, .parts = table.parts};
}

Baseline majority_baseline(double share, const std::string& name, Split split) {
  return {share, fmt::format(
                     "always answering '{}', the commonest class of the training part: {:.3f} of the {} part",
                     name, share, name_of(split))};
}

nlohmann::json parse_schema(const std::string& text) {
  auto json = parse_json(text);
  if (!json.is_object())
    throw Error("the run's schema.json is damaged (it is no JSON object): restore it or start a new run");
  return json;
}

}  // namespace carousel
