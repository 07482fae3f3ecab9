#include "carousel/data/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace carousel {

std::vector<std::string_view> split_lines(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.substr(0, byte_order_mark.size()) == byte_order_mark) text.remove_prefix(byte_order_mark.size());
  if (text.empty()) return {};
  if (text.back() == '\n') text.remove_suffix(1);
  auto lines = split(text, '\n');
  for (auto& line : lines) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  }
  return lines;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (auto end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    const auto word = text.substr(0, text.find_first_of(" \t"));
    words.push_back(word);
    text.remove_prefix(word.size());
  }
  return words;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto continued = [&](std::size_t count) {
    for (std::size_t i = 1; i <= count; ++i) {
      if ((byte(i) & 0xC0u) != 0x80u) return false;
    }
    return true;
  };
  const unsigned first = byte(0), second = byte(1);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continued(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second >= 0xA0;
    return continued(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90, beyond = first == 0xF4 && second >= 0x90;
    return continued(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

std::string visible(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text.substr(at));
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool printable = length > 1 || (length == 1 && byte >= 0x20 && byte != 0x7F);
    if (printable)
      result += text.substr(at, length);
    else
      result += fmt::format("\\x{:02x}", byte);
    at += std::max<std::size_t>(length, 1);
  }
  return result;
}

std::string shown(std::string_view value) {
  constexpr std::size_t limit = 40;
  std::size_t end = 0;  // a symbol that begins within the limit is whole
  while (end < value.size() && end < limit) end += std::max<std::size_t>(utf8_length(value.substr(end)), 1);
  return fmt::format("'{}{}'", visible(value.substr(0, end)), end < value.size() ? "..." : "");
}

Error line_error(std::size_t line, std::string_view source, std::string_view rest) {
  return Error(fmt::format("line {} of {} {}", line, source, rest));
}

}  // namespace carousel
