#include "carousel/data/name_list.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"

namespace carousel {
namespace {

const std::string end_symbol = "\n";

std::vector<std::string_view> names_of(std::string_view text, std::string_view source) {
  auto names = split_lines(text);
  for (auto& name : names) name = trim(name);
  while (!names.empty() && names.back().empty()) names.pop_back();
  if (names.empty()) throw Error(fmt::format("{} holds no name; give a file with a name a line", source));
  const auto blank = std::find(names.begin(), names.end(), "");
  if (blank != names.end()) {
    throw line_error(static_cast<std::size_t>(blank - names.begin()) + 1, source,
                     "is blank; remove it or write a name");
  }
  return names;
}

/// The names alone, a line each: the positions of lines stay, what was trimmed is gone.
std::string joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const auto name : names) text.append(name).append(end_symbol);
  return text;
}

}  // namespace

NameList parse_names(std::string_view text, Encoding encoding, std::string_view source) {
  split_symbols(text, encoding, source);  // so that a wrong byte is reported by its offset in the file
  auto alphabet = alphabet_of(joined(names_of(text, source)), encoding, source);
  const auto end = std::find(alphabet.begin(), alphabet.end(), end_symbol);
  std::rotate(alphabet.begin(), end, end + 1);
  return parse_names(text, encoding, std::move(alphabet), source);
}

NameList parse_names(std::string_view text, Encoding encoding, Alphabet alphabet, std::string_view source) {
  if (alphabet.empty() || alphabet.front() != end_symbol) {
    throw Error("the alphabet of a name list must start with the line end; give one that parse_names made");
  }
  split_symbols(text, encoding, source);
  std::vector<std::vector<std::int32_t>> names(1);
  for (const auto token : encode(joined(names_of(text, source)), alphabet, encoding, source)) {
    names.back().push_back(token);
    if (token == end_of_name) names.emplace_back();
  }
  names.pop_back();
  return {std::move(alphabet), std::move(names)};
}

NameList read_names(const std::filesystem::path& path, Encoding encoding) {
  return parse_names(read_text(path), encoding, source_name(path));
}

NameList read_names(const std::filesystem::path& path, Encoding encoding, Alphabet alphabet) {
  return parse_names(read_text(path), encoding, std::move(alphabet), source_name(path));
}

}  // namespace carousel
