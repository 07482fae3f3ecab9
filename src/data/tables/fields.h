// Rows and fields of delimited text, as RFC 4180 and Arrow's reader see them: a field that begins with a quote goes on to the
// next single quote, line ends and separators included; a doubled quote inside stands for one. A row ends at LF, CR or CR LF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carousel/data/table_file.h"

namespace carousel {

struct RowEnd {
  std::size_t content = 0;  ///< where the row's line end begins
  std::size_t next = 0;     ///< where the next row begins
  bool is_open = false;     ///< a quote did not end, so the row goes on beyond the text
};

/// The end of the row that begins at `at`; that of the text when there is no line end.
RowEnd end_of_row(std::string_view text, std::size_t at, char separator);

/// The fields of one row, without its line end, their quotes taken away. Nothing when a quote does not end.
std::optional<std::vector<std::string>> split_row(std::string_view row, char separator);

/// How many line ends there are.
std::int64_t count_lines(std::string_view text);

/// The character that a format names: "semicolon" or ";". For "auto" the commonest of comma, semicolon, tab and bar
/// outside of quotes in the header; a comma when it has none. Throws Error for a name that is not known.
char separator_of(const TableFormat& format, std::string_view header);

/// Separates by single spaces what stands in columns: runs of spaces and tabs outside of quotes become one space, those at
/// the ends of lines vanish.
std::string with_single_spaces(std::string_view text);

/// Where a text stops being UTF-8 without zero bytes; npos for one that does not.
std::size_t end_of_utf8(std::string_view text);

// The rests of sentences that begin with a line.
inline constexpr std::string_view open_quote =
    "has a quote that does not end; end it, or double a quote that is meant as one";
std::string wrong_field_count(std::int64_t count, std::int64_t expected, std::int64_t line_of_names,
                              char separator);
/// About the first byte of `text`.
std::string no_utf8(std::string_view text);

}  // namespace carousel
