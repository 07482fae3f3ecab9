// A column that is read as texts, as those of a text file are: one value after another, whose kind is found on the way.
//
//   numbers (quoted or not), times ("2016-07-01 00:00:00") or texts, as the first value that is not missing has it;
//   texts that are all true or false make a boolean. What begins as numbers or times and goes on as something else is
//   refused, at that row.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "carousel/data/table_file.h"

namespace carousel {

/// What texts of one file mean: those that stand for nothing, and the decimal mark.
class TextRules {
 public:
  /// Throws Error for a decimal mark that is not known.
  TextRules(const TableFormat& format, char separator);

  bool is_missing(std::string_view text) const;

  /// A number that takes up the whole text, which may be infinite; nothing when it is none. Where the mark is not known
  /// beforehand ("auto"), the first number with one decides for all.
  std::optional<double> number(std::string_view text);

  bool is_comma_possible() const { return mark_ != Mark::point; }

 private:
  enum class Mark { unknown, point, comma };
  Mark mark_ = Mark::unknown;
  std::vector<std::string> missing_;
  std::array<bool, 256> may_begin_missing_{};
};

class TextColumn {
 public:
  /// `kind`: when it is known beforehand. A column known as time whose first text is no ISO 8601 stays texts.
  TextColumn(std::string name, std::optional<ColumnKind> kind);

  /// The next row. False, without taking it, for a text that the column cannot hold.
  bool add(std::string_view text, TextRules& rules);

  /// The rest of a sentence that begins with the line, about a text that was not taken: "has 'abc' in column 'x', ...".
  std::string fault(std::string_view text, TextRules& rules) const;

  /// The whole column; nothing is left here. A column with nothing but missing values is a number.
  Column finish();

 private:
  enum class State { open, number, time, boolean, text };
  bool decide(std::string_view text, TextRules& rules);
  void add_text(std::string_view text);

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  Column column_;
  State state_ = State::open;
  bool is_known_ = false;
  std::unordered_map<std::string, double, Hash, std::equal_to<>> places_;  // of the categories
};

/// 1 for "true", "True", "TRUE", 0 for "false" and its like, nothing for any other text.
std::optional<double> truth_of(std::string_view text);

}  // namespace carousel
