#include "data/tables/fields.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"

namespace carousel {
namespace {

bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

/// One field from `at`: where it ends, its text when asked for, whether its quote is open.
struct FieldEnd {
  std::size_t at = 0;
  bool is_open = false;
};

FieldEnd end_of_field(std::string_view text, std::size_t at, char separator, std::string* value) {
  if (at < text.size() && text[at] == '"') {
    ++at;
    for (;; at += 2) {
      const auto quote = text.find('"', at);
      if (quote == text.npos) return {text.size(), true};
      if (value != nullptr) value->append(text, at, quote - at);
      at = quote;
      if (at + 1 >= text.size() || text[at + 1] != '"') break;
      if (value != nullptr) value->push_back('"');
    }
    ++at;
  }
  const auto begin = at;
  while (at < text.size() && text[at] != separator && !is_line_end(text[at])) ++at;
  if (value != nullptr) value->append(text, begin, at - begin);
  return {at, false};
}

}  // namespace

RowEnd end_of_row(std::string_view text, std::size_t at, char separator) {
  for (;;) {
    const auto field = end_of_field(text, at, separator, nullptr);
    at = field.at;
    if (field.is_open || at == text.size()) return {at, at, field.is_open};
    if (text[at] != separator) break;
    ++at;
  }
  const bool has_two = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
  return {at, at + (has_two ? 2 : 1), false};
}

std::optional<std::vector<std::string>> split_row(std::string_view row, char separator) {
  std::vector<std::string> fields;
  for (std::size_t at = 0;; ++at) {
    const auto field = end_of_field(row, at, separator, &fields.emplace_back());
    if (field.is_open) return std::nullopt;
    at = field.at;
    if (at >= row.size() || row[at] != separator) return fields;
  }
}

std::int64_t count_lines(std::string_view text) {
  std::int64_t lines = std::ranges::count(text, '\n');
  for (auto at = text.find('\r'); at != text.npos; at = text.find('\r', at + 1)) {
    if (at + 1 >= text.size() || text[at + 1] != '\n') ++lines;
  }
  return lines;
}

char separator_of(const TableFormat& format, std::string_view header) {
  static const std::map<std::string, char, std::less<>> named{
      {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"space", ' '}, {"bar", '|'}};
  if (const auto found = named.find(format.separator); found != named.end()) return found->second;
  const bool is_usable = format.separator.size() == 1 && format.separator[0] != '"' &&
                         !is_line_end(format.separator[0]) && utf8_length(format.separator) == 1;
  if (is_usable) return format.separator[0];
  if (format.separator != "auto") {
    throw Error(fmt::format(
        "the separator is {} and must be auto, comma, semicolon, tab, space, bar or one character",
        shown(format.separator)));
  }
  constexpr std::array candidates{',', ';', '\t', '|'};
  std::array<std::int64_t, candidates.size()> counts{};
  bool is_quoted = false;
  for (const char c : header) {
    if (c == '"') is_quoted = !is_quoted;
    const auto found = std::ranges::find(candidates, c);
    if (!is_quoted && found != candidates.end())
      ++counts[static_cast<std::size_t>(found - candidates.begin())];
  }
  return candidates[static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin())];
}

std::string with_single_spaces(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  bool is_quoted = false;
  for (const char c : text) {
    if (c == '"') is_quoted = !is_quoted;
    const bool is_space = !is_quoted && (c == ' ' || c == '\t');
    const bool at_start = result.empty() || is_line_end(result.back());
    if (is_space && (at_start || result.back() == ' ')) continue;
    if (!is_quoted && is_line_end(c) && !at_start && result.back() == ' ') result.pop_back();
    result.push_back(is_space ? ' ' : c);
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

std::size_t end_of_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<signed char>(text[at]) > 0) {
      ++at;
      continue;
    }
    const auto length = utf8_length(text.substr(at));
    if (text[at] == '\0' || length == 0) return at;
    at += length;
  }
  return text.npos;
}

std::string wrong_field_count(std::int64_t count, std::int64_t expected, std::int64_t line_of_names,
                              char separator) {
  return fmt::format(
      "has {} field{} where line {} has {}; correct it (a field that has {} in it stands in quotes)", count,
      count == 1 ? "" : "s", line_of_names, expected, shown(std::string(1, separator)));
}

std::string no_utf8(std::string_view text) {
  if (text.starts_with('\0')) return "has a zero byte, which is no text; correct it";
  return fmt::format("has the byte {}, which is not UTF-8; save the file as text in UTF-8",
                     shown(text.substr(0, 1)));
}

}  // namespace carousel
