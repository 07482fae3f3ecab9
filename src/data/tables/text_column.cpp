#include "data/tables/text_column.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/data/time_axis.h"
#include "carousel/error.h"

namespace carousel {
namespace {

/// A number with a decimal point, or none. Beyond a double's range it is infinite, or 0.
std::optional<double> number_with_point(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::strtod(std::string(text).c_str(), nullptr);
  return value;
}

std::optional<double> number_with_comma(std::string_view text) {
  if (text.find('.') != text.npos) return std::nullopt;
  std::string with_point(text);
  const auto comma = with_point.find(',');
  if (comma != with_point.npos) with_point[comma] = '.';
  return number_with_point(with_point);
}

/// A time that tells by itself that it is one: it begins with a day as ISO 8601 writes it, where "2016-07" may be a name.
std::optional<double> time_that_tells(std::string_view text) {
  const bool begins_with_day = text.size() >= 10 && text[4] == '-' && text[7] == '-';
  return begins_with_day ? parse_time(text) : std::nullopt;
}

std::string_view what_it_holds(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::number:
      return "numbers";
    case ColumnKind::boolean:
      return "true and false";
    case ColumnKind::time:
      return "times";
    case ColumnKind::category:
      break;
  }
  return "texts";
}

}  // namespace

TextRules::TextRules(const TableFormat& format, char separator) : missing_(format.missing) {
  if (format.decimal == "point" || (format.decimal == "auto" && separator == ',')) mark_ = Mark::point;
  if (format.decimal == "comma") mark_ = Mark::comma;
  if (format.decimal != "auto" && format.decimal != "point" && format.decimal != "comma") {
    throw Error(
        fmt::format("the decimal mark is {} and must be auto, point or comma", shown(format.decimal)));
  }
  for (const auto& text : missing_) {
    if (!text.empty()) may_begin_missing_[static_cast<unsigned char>(text[0])] = true;
  }
}

bool TextRules::is_missing(std::string_view text) const {
  if (text.empty()) return true;
  if (!may_begin_missing_[static_cast<unsigned char>(text[0])]) return false;
  return std::ranges::find(missing_, text) != missing_.end();
}

std::optional<double> TextRules::number(std::string_view text) {
  if (mark_ == Mark::point) return number_with_point(text);
  if (mark_ == Mark::comma) return number_with_comma(text);
  const auto at = text.find_first_of(".,");
  if (at == text.npos) return number_with_point(text);
  const auto value = text[at] == '.' ? number_with_point(text) : number_with_comma(text);
  if (value) mark_ = text[at] == '.' ? Mark::point : Mark::comma;
  return value;
}

TextColumn::TextColumn(std::string name, std::optional<ColumnKind> kind)
    : column_{.name = std::move(name)}, is_known_(kind.has_value()) {
  column_.kind = kind.value_or(ColumnKind::number);
  if (kind == ColumnKind::number) state_ = State::number;
  if (kind == ColumnKind::boolean) state_ = State::boolean;
  if (kind == ColumnKind::category) state_ = State::text;
}

bool TextColumn::add(std::string_view text, TextRules& rules) {
  text = trim(text);
  if (rules.is_missing(text)) {
    column_.values.push_back(missing);
    return true;
  }
  std::optional<double> value;
  switch (state_) {
    case State::open:
      return decide(text, rules);
    case State::text:
      add_text(text);
      return true;
    case State::number:
      value = rules.number(text);
      break;
    case State::time:
      value = time_that_tells(text);
      break;
    case State::boolean:
      value = text == "1" ? 1.0 : text == "0" ? 0.0 : truth_of(text);
      break;
  }
  if (!value || std::isinf(*value)) return false;
  column_.values.push_back(*value);
  return true;
}

bool TextColumn::decide(std::string_view text, TextRules& rules) {
  if (time_that_tells(text)) {
    state_ = State::time;
    column_.kind = ColumnKind::time;
  } else if (column_.kind != ColumnKind::time && rules.number(text)) {
    state_ = State::number;
  } else {
    state_ = State::text;
    column_.kind = ColumnKind::category;
  }
  return add(text, rules);
}

void TextColumn::add_text(std::string_view text) {
  auto place = places_.find(text);
  if (place == places_.end()) {
    place = places_.emplace(text, static_cast<double>(column_.categories.size())).first;
    column_.categories.emplace_back(text);
  }
  column_.values.push_back(place->second);
}

std::string TextColumn::fault(std::string_view text, TextRules& rules) const {
  text = trim(text);
  const std::string found = fmt::format("has {} in column {}", shown(text), shown(column_.name));
  const bool is_number = column_.kind == ColumnKind::number;
  if (is_number && rules.number(text)) {
    return fmt::format("{}, where a finite number is expected; correct it, or leave the field empty", found);
  }
  const bool has_comma = is_number && !rules.is_comma_possible() && number_with_comma(text);
  return fmt::format("{}, which holds {}{}; correct it{}, or read the column as texts with --categorical {}",
                     found, what_it_holds(column_.kind), is_known_ ? "" : " up to there",
                     has_comma ? ", give --decimal comma" : "", visible(column_.name));
}

Column TextColumn::finish() {
  places_.clear();
  column_.values.shrink_to_fit();  // grown by doubling, they may take twice what they hold
  const bool all_true_or_false =
      !is_known_ && !column_.categories.empty() &&
      std::ranges::all_of(column_.categories, [](const auto& text) { return truth_of(text).has_value(); });
  if (all_true_or_false) {
    for (double& value : column_.values) {
      if (!std::isnan(value)) value = *truth_of(column_.categories[static_cast<std::size_t>(value)]);
    }
    column_.categories.clear();
    column_.kind = ColumnKind::boolean;
  }
  return std::move(column_);
}

std::optional<double> truth_of(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return 1;
  if (text == "false" || text == "False" || text == "FALSE") return 0;
  return std::nullopt;
}

}  // namespace carousel
