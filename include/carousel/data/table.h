// A table in memory: named columns of one kind each, every value a double.
//
// Numbers stay double from the file to the scaling, so that seconds since 1970 as a channel survive.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace carousel {

enum class ColumnKind {
  number,
  boolean,   ///< 0 or 1
  category,  ///< the place of a text in Column::categories; all text is read as this
  time,      ///< seconds since 1970-01-01 00:00 UTC; a time without a zone is taken as UTC
};

/// "number", "boolean", "category", "time".
const char* name_of(ColumnKind kind);

inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();

struct Column {
  std::string name;
  ColumnKind kind = ColumnKind::number;
  std::vector<double> values = {};  ///< a row each; NaN where it is missing
  std::vector<std::string> categories =
      {};  ///< of a category: different texts, in the order of their first row

  /// A value as it would stand in a file: "1.5", "true", "NW", "2016-07-01 00:00:00", "" for a missing one.
  std::string text(std::int64_t row) const;
};

/// From this row of the table on, rows stand in lines of the file that follow one another from `line`.
struct LineOfRow {
  std::int64_t row = 0;
  std::int64_t line = 0;
};

/// Where rows came from, for messages.
struct TablePart {
  std::string source = {};      ///< the file's path
  std::int64_t first_row = 0;   ///< of the table
  std::int64_t first_line = 0;  ///< of the file, in which that row begins; 0 for formats without lines
  std::vector<LineOfRow> jumps =
      {};  ///< later rows that do not begin in the line after the one before: after a blank line, or
           ///< a row with line ends inside its quotes
};

struct Table {
  std::vector<Column> columns = {};
  std::vector<TablePart> parts = {};  ///< one a file, in the order of their rows

  std::int64_t rows() const;
  /// Throws Error naming the nearest column, and those there are, when there is none of that name. `why` begins the
  /// sentence: "--target names".
  const Column& column(const std::string& name, const std::string& why) const;
  bool has(const std::string& name) const;
  std::vector<std::string> names() const;

  /// "line 40001 of 'x.csv'", "row 40000 of 'x.parquet'" (the first is 1).
  std::string place(std::int64_t row) const;
  /// Of the whole: "'x.csv'", "'a.csv' and 3 more files".
  std::string source() const;
};

}  // namespace carousel
