// Text tables. Arrow finds the rows and fields of a block; what the fields hold is found by TextColumn on the way, so that only
// one block of the text is in memory beside the values, and a field that does not fit its column is refused with its line.
#include <arrow/csv/parser.h>

#include <cstdint>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"

#include "data/arrow/row_blocks.h"
#include "data/tables/by_arrow.h"
#include "data/tables/columns.h"
#include "data/tables/fields.h"
#include "data/tables/text_column.h"

namespace carousel {
namespace {

using arrow::csv::BlockParser;

/// Calls `visit` with the line of each row. Blank lines are no rows.
template <class Visit>
void each_row(std::string_view rows, std::int64_t line, char separator, Visit&& visit) {
  for (std::size_t at = 0; at < rows.size();) {
    const auto end = end_of_row(rows, at, separator);
    if (end.content > at) visit(line);
    line += count_lines(rows.substr(at, end.next - at));
    at = end.next;
  }
}

class DelimitedTable {
 public:
  DelimitedTable(const std::filesystem::path& path, const TableFormat& format)
      : source_(source_name(path)), blocks_(path, with_rows(format)), rules_(format, blocks_.separator()) {
    table_.parts.push_back({.source = path.string()});
    for (const auto place : wanted_columns(blocks_.names(), format, source_,
                                           fmt::format("line {} of ", blocks_.line_of_names()))) {
      const auto& name = blocks_.names()[place];
      const auto kind = format.kinds.find(name);
      wanted_.push_back(
          {static_cast<int>(place),
           TextColumn(name, kind == format.kinds.end() ? std::nullopt : std::optional(kind->second))});
    }
  }

  Table read() {
    for (auto rows = blocks_.next(); !rows.empty(); rows = blocks_.next()) {
      const auto parser = parse(rows);
      note_lines(rows, parser->num_rows());
      for (auto& field : wanted_) take(field, *parser, rows);
      rows_ += parser->num_rows();
      check_memory(source_, rows_, wanted_.size());
    }
    if (rows_ == 0) throw Error(fmt::format("{} has a header and no rows; give a file with rows", source_));
    for (auto& field : wanted_) table_.columns.push_back(field.column.finish());
    return std::move(table_);
  }

 private:
  struct Field {
    int place;  // in a row
    TextColumn column;
  };

  /// The blocks tell their bytes, this the rows of those before.
  TableFormat with_rows(TableFormat format) const {
    if (!format.progress) return format;
    format.progress = [this, tell = std::move(format.progress)](const ReadProgress& bytes) {
      tell({.done = bytes.done, .all = bytes.all, .rows = rows_});
    };
    return format;
  }

  std::int64_t line_of(std::string_view rows, std::int64_t row) const {
    std::int64_t found = blocks_.line();
    each_row(rows, found, blocks_.separator(), [&](std::int64_t line) {
      if (row-- == 0) found = line;
    });
    return found;
  }

  std::unique_ptr<BlockParser> parse(std::string_view rows);
  void take(Field& field, const BlockParser& parser, std::string_view rows);
  void note_lines(std::string_view rows, std::int64_t count);

  std::string source_;
  std::int64_t rows_ = 0;  // told while blocks_ are made, too
  RowBlocks blocks_;
  TextRules rules_;
  std::vector<Field> wanted_;
  Table table_;
};

std::unique_ptr<BlockParser> DelimitedTable::parse(std::string_view rows) {
  std::optional<Error> refused;
  auto options = arrow::csv::ParseOptions::Defaults();
  options.delimiter = blocks_.separator();
  options.newlines_in_values = true;
  options.invalid_row_handler = [&](const arrow::csv::InvalidRow& row) {
    refused = blocks_.wrong(line_of(rows, row.number),
                            wrong_field_count(row.actual_columns, row.expected_columns,
                                              blocks_.line_of_names(), options.delimiter));
    return arrow::csv::InvalidRowResult::Error;
  };
  auto parser = std::make_unique<BlockParser>(options, static_cast<int>(blocks_.names().size()), 0,
                                              std::numeric_limits<std::int32_t>::max());
  std::uint32_t parsed = 0;
  const auto status = parser->ParseFinal(rows, &parsed);
  if (refused) throw *refused;
  if (!status.ok() || parsed != rows.size())
    throw blocks_.wrong(blocks_.line(), fmt::format("or one after it cannot be read ({}); correct it",
                                                    visible(status.message())));
  return parser;
}

void DelimitedTable::take(Field& field, const BlockParser& parser, std::string_view rows) {
  std::int64_t row = 0;
  const auto visited =
      parser.VisitColumn(field.place, [&](const std::uint8_t* data, std::uint32_t size, bool, bool) {
        const std::string_view text(reinterpret_cast<const char*>(data), size);
        if (!field.column.add(text, rules_))
          throw blocks_.wrong(line_of(rows, row), field.column.fault(text, rules_));
        ++row;
        return arrow::Status::OK();
      });
  static_cast<void>(visited);
}

/// Most files have a row in each line, of which only the first is to be noted.
void DelimitedTable::note_lines(std::string_view rows, std::int64_t count) {
  auto& part = table_.parts.front();
  std::int64_t row = rows_;
  const auto note = [&](std::int64_t line) {
    if (row == 0) part.first_line = line;
    const LineOfRow before = part.jumps.empty() ? LineOfRow{0, part.first_line} : part.jumps.back();
    if (before.line + row - before.row != line) part.jumps.push_back({row, line});
    ++row;
  };
  const bool is_last_open = !rows.ends_with('\n') && !rows.ends_with('\r');
  if (count_lines(rows) + (is_last_open ? 1 : 0) == count) {
    note(blocks_.line());
  } else {
    each_row(rows, blocks_.line(), blocks_.separator(), note);
  }
}

}  // namespace

bool has_arrow() {
  return true;
}

Table read_delimited(const std::filesystem::path& path, const TableFormat& format) {
  return DelimitedTable(path, format).read();
}

}  // namespace carousel
