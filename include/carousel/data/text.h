// The small things every reader of a text format needs: lines, numbers, UTF-8, and values shown in messages.
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carousel/error.h"

namespace carousel {

/// The lines of a text without their ends (LF or CR LF), as views into it.
/// A final line end starts no further line; a byte order mark at the very start is dropped.
std::vector<std::string_view> split_lines(std::string_view text);

/// The parts of a text between separators; "a,,b" has three, the empty text has one.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The words of a text: what stands between runs of spaces and tabs.
std::vector<std::string_view> split_words(std::string_view text);

/// A text without the spaces and tabs at its two ends.
std::string_view trim(std::string_view text);

/// A number that takes up the whole text ("12", "+1", "-0.5e3"), or nothing if the text is not one or does not
/// fit the type.
template <class Number> std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';  // from_chars knows the minus alone
  if (plus) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Bytes (1 to 4) of the code point a text starts with, or 0 if the text is empty or does not start with
/// valid UTF-8. Overlong forms, surrogates and values beyond U+10FFFF are not valid (RFC 3629).
std::size_t utf8_length(std::string_view text);

/// A text in one line that steers no terminal: what is not printable, or no UTF-8, as \xNN.
std::string visible(std::string_view text);

/// A value as it appears in a message: in single quotes, at most 40 bytes of it, unprintable bytes as \xNN.
std::string shown(std::string_view value);

/// The error "line 12 of 'names.txt' is blank; ..." from a line number (from 1), a source and the rest of the sentence.
Error line_error(std::size_t line, std::string_view source, std::string_view rest);

}  // namespace carousel
