#include "carousel/data/table.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/time_axis.h"
#include "carousel/error.h"

#include "data/tables/columns.h"

namespace carousel {
const char* name_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::number:
      return "number";
    case ColumnKind::boolean:
      return "boolean";
    case ColumnKind::category:
      return "category";
    case ColumnKind::time:
      return "time";
  }
  return "?";
}

std::string Column::text(std::int64_t row) const {
  const double value = values.at(static_cast<std::size_t>(row));
  if (std::isnan(value)) return "";
  switch (kind) {
    case ColumnKind::boolean:
      return value != 0 ? "true" : "false";
    case ColumnKind::category:
      return categories.at(static_cast<std::size_t>(value));
    case ColumnKind::time:
      return format_time(value);
    case ColumnKind::number:
      break;
  }
  return fmt::format("{}", value);
}

std::int64_t Table::rows() const {
  return columns.empty() ? 0 : static_cast<std::int64_t>(columns.front().values.size());
}

const Column& Table::column(const std::string& name, const std::string& why) const {
  const auto found = std::ranges::find(columns, name, &Column::name);
  if (found == columns.end()) throw no_such_column(why, name, names(), source());
  return *found;
}

bool Table::has(const std::string& name) const {
  return std::ranges::find(columns, name, &Column::name) != columns.end();
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

std::string Table::place(std::int64_t row) const {
  const auto after = std::ranges::upper_bound(parts, row, {}, &TablePart::first_row);
  if (after == parts.begin()) return fmt::format("row {}", row + 1);
  const TablePart& part = *std::prev(after);
  if (part.first_line == 0)
    return fmt::format("row {} of {}", row - part.first_row + 1, source_name(part.source));
  LineOfRow from{part.first_row, part.first_line};
  const auto jump = std::ranges::upper_bound(part.jumps, row, {}, &LineOfRow::row);
  if (jump != part.jumps.begin()) from = *std::prev(jump);
  return fmt::format("line {} of {}", from.line + row - from.row, source_name(part.source));
}

std::string Table::source() const {
  if (parts.empty()) return "the table";
  const std::string first = source_name(parts.front().source);
  if (parts.size() == 1) return first;
  return fmt::format("{} and {} more file{}", first, parts.size() - 1, parts.size() == 2 ? "" : "s");
}

}  // namespace carousel
