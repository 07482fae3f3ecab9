#include "runs/metrics_table.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "carousel/text.h"

#include "runs/record_lines.h"

namespace carousel::cli {
namespace {

/// Empty as well for what is not finite, which JSON writes as null.
std::string cell_text(const nlohmann::json& value) {
  const std::string text = value.dump();
  return text == "null" ? "" : text;
}

using Rows = std::map<std::int64_t, std::string>;

/// The rows by update of a table that has this head; none of one that has not.
Rows rows_of(const std::filesystem::path& path, const std::string& head, std::int64_t updates) {
  Rows rows;
  const std::string content = std::filesystem::exists(path) ? read_file(path) : "";
  const auto lines = lines_in(content);
  if (lines.empty() || lines.front().text != head) return rows;
  for (const RecordLine& line : lines) {
    std::int64_t update = 0;
    const char* const end = line.text.data() + line.text.size();
    const auto [stop, error] = std::from_chars(line.text.data(), end, update);
    const bool whole = std::ranges::count(line.text, ',') == std::ranges::count(head, ',');
    if (error == std::errc() && stop != end && *stop == ',' && whole && update <= updates)
      rows[update] = line.text;
  }
  return rows;
}

}  // namespace

MetricsTable::MetricsTable(const std::filesystem::path& path, MetricColumns columns,
                           const std::filesystem::path& lines, std::int64_t updates)
    : columns_(std::move(columns)), file_(begin(path, lines, updates)) {}

AppendFile MetricsTable::begin(const std::filesystem::path& path, const std::filesystem::path& lines,
                               std::int64_t updates) {
  std::vector<std::string> names;
  for (const auto* part : {&columns_.update, &columns_.validation}) {
    for (const MetricColumn& column : *part) names.push_back(column.csv);
  }
  row_.resize(names.size());
  std::string table = join(names, ",");
  Rows rows = rows_of(path, table, updates);
  std::int64_t filled = -1;  // the update in row_
  const std::string content = read_file(lines);
  for (const RecordLine& line : lines_in(content)) {
    const nlohmann::json figures = parsed(line);
    const auto update = update_in(figures);
    if (!update || !figures.contains("kind")) continue;  // damaged, which was said
    const bool is_update = figures["kind"] == "update";
    if (!is_update && *update != filled) continue;  // the line of its update was damaged
    filled = *update;
    take(figures);
    rows[*update] = join(row_, ",");
  }
  table += '\n';
  row_start_ = table.size();
  for (const auto& [update, row] : rows) {
    row_start_ = table.size();
    table += row + '\n';
  }
  write_file_atomically(path, table);
  return AppendFile(path);
}

void MetricsTable::take(const nlohmann::json& line) {
  if (line.at("kind") == "update") {
    row_.assign(row_.size(), "");
    fill(columns_.update, 0, line);
  } else {
    fill(columns_.validation, columns_.update.size(), line);
  }
}

void MetricsTable::add(const nlohmann::json& line) {
  take(line);
  if (line.at("kind") == "update") {
    row_start_ = file_.size();
  } else {
    file_ = AppendFile(file_.path(), row_start_);
  }
  file_.append(join(row_, ","));
}

void MetricsTable::fill(const std::vector<MetricColumn>& columns, std::size_t first,
                        const nlohmann::json& line) {
  for (const MetricColumn& column : columns) row_[first++] = cell_text(column.in(line));
}

}  // namespace carousel::cli
