#include "data/tables/known_kinds.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"

#include "data/tables/columns.h"
#include "data/tables/one_table.h"
#include "data/tables/text_column.h"

namespace carousel {
namespace {

/// Texts read as what they spell.
Column read_texts(const Column& column, ColumnKind kind, const TableFormat& format,
                  const std::string& source) {
  TextRules rules(format, ',');
  TextColumn read(column.name, kind);
  for (std::size_t row = 0; row < column.values.size(); ++row) {
    const auto text = column.text(static_cast<std::int64_t>(row));
    if (!read.add(text, rules))
      throw Error(fmt::format("row {} of {} {}", row + 1, source, read.fault(text, rules)));
  }
  return read.finish();
}

}  // namespace

Column of_known_kind(Column column, const TableFormat& format, const std::string& source) {
  const auto known = format.kinds.find(column.name);
  if (known == format.kinds.end() || known->second == column.kind) return column;
  const ColumnKind kind = known->second;
  if (kind == ColumnKind::category) return as_category(std::move(column));
  if (column.kind == ColumnKind::category || kind == ColumnKind::boolean)
    return read_texts(column, kind, format, source);
  column.kind = kind;  // of numbers, truths and times each is a number already
  return column;
}

void check_finite(const Column& column, const std::string& source) {
  for (std::size_t row = 0; row < column.values.size(); ++row) {
    if (!std::isinf(column.values[row])) continue;
    throw Error(fmt::format(
        "row {} of {} has {} in column {}, where a finite number is expected; correct it, or leave it out",
        row + 1, source, column.values[row], shown(column.name)));
  }
}

Table chosen(std::vector<Column> columns, const std::filesystem::path& path, const TableFormat& format) {
  const auto source = source_name(path);
  Table all{.columns = std::move(columns), .parts = {{.source = path.string()}}};
  if (all.rows() == 0) throw Error(fmt::format("{} has no rows; give a file with rows", source));
  Table table{.parts = all.parts};
  for (const auto place : wanted_columns(all.names(), format, source)) {
    auto& column = all.columns[place];
    check_finite(column, source);
    table.columns.push_back(of_known_kind(std::move(column), format, source));
  }
  return table;
}

}  // namespace carousel
