// Tables as the tests of what works on them write them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "carousel/data/table.h"

namespace carousel::test {

/// 2016-07-01, as `date -ud 2016-07-01 +%s` has it, and the seconds of a day.
inline constexpr double july = 1'467'331'200, day = 86'400;

/// A table of these columns, as read from 'x.csv' with the header in its first line.
inline Table table_of(std::vector<Column> columns) {
  return {.columns = std::move(columns), .parts = {{.source = "x.csv", .first_row = 0, .first_line = 2}}};
}

inline Column numbers(std::string name, std::vector<double> values) {
  return {.name = std::move(name), .values = std::move(values)};
}

/// A column of different texts, a row each.
inline Column texts(std::string name, std::vector<std::string> categories) {
  Column column{.name = std::move(name), .kind = ColumnKind::category, .categories = std::move(categories)};
  for (std::size_t i = 0; i < column.categories.size(); ++i) column.values.push_back(static_cast<double>(i));
  return column;
}

/// A column as it would stand in a file.
inline std::vector<std::string> texts_of(const Column& column) {
  std::vector<std::string> all;
  for (std::size_t row = 0; row < column.values.size(); ++row)
    all.push_back(column.text(static_cast<std::int64_t>(row)));
  return all;
}

}  // namespace carousel::test
