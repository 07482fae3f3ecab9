#include "options/toml.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/io/file.h"

namespace carousel::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t largest_file = 1 << 20, most_dots = 1000;

/// What stands outside of quotes and comments, line for line, with the quotes around each text.
std::string outside_quotes(std::string_view text) {
  std::string outside;
  char quote = 0;  // that will end the text we are in; 0 outside
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      outside += c;
      quote = 0;  // not closed: what toml++ will say
    } else if (quote == 0 && c == '#') {
      at = std::min(text.find('\n', at), text.size()) - 1;
    } else if (quote == 0) {
      outside += c;
      if (c == '"' || c == '\'') quote = c;
    } else if (c == '\\' && quote == '"') {
      if (text.substr(at + 1, 1) != "\n") ++at;  // an escaped line end still ends a line
    } else if (c == quote) {
      quote = 0;
      outside += c;
    }
  }
  return outside;
}

enum class Arrays { refused, taken };

/// What toml++ must not see: it takes stack for every level of a dotted key, and is undefined for some letters
/// and control characters in a word or a text of several lines, and for dates and numbers that go on as something else. A flat file has
/// none of these, one word or text a value, and a few dots in all; a text stands where a key or a value begins, so that what is a text here
/// is one there. Where arrays are taken, their brackets and commas stand outside of quotes as well, and a value begins behind each.
void check_plain(std::string_view text, const std::string& source, Arrays arrays) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::size_t number = 1, dots = 0;
  bool in_value = false, in_text = false, value_done = false, in_array = false;
  char before = '\n', word_before = '\n';  // the character before, and the last that was no blank
  for (const char c : outside_quotes(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') ++number, in_text = false;
    const bool opens =
        arrays == Arrays::taken && c == '[' && in_value && !in_array && !value_done && word_before == '=';
    if (opens || (in_array && (c == ',' || c == ']'))) {
      in_array = c != ']';
      value_done = !in_array;
      word_before = in_array ? '=' : ']';
      before = c;
      in_text = false;
      continue;
    }
    const bool ends_value = c == '\n' && !in_array;
    const bool is_quote = c == '"' || c == '\'';
    in_text = is_quote && !in_text;
    if (in_text && word_before != '\n' && word_before != (in_value ? '=' : '.')) {
      throw line_error(number, source,
                       "is not TOML: a quote stands inside a word (a text stands in quotes, on one line)");
    }
    if (c == '=' && in_value) throw line_error(number, source, "has a second '=' outside of quotes");
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    value_done = in_value && !ends_value && (value_done || (blank && word_before != '='));
    if (value_done && !blank) {
      throw line_error(number, source, "has more than one word after '=': a text stands in quotes");
    }
    in_value = c == '=' || (in_value && !ends_value);
    const bool in_date = in_value && (c == ':' || (c == '-' && before >= '0' && before <= '9'));
    before = c;
    if (!blank || ends_value) word_before = c;
    if (byte >= 0x7f || (byte < 0x20 && !blank)) {
      throw line_error(number, source,
                       fmt::format("has the byte 0x{:02x} where no text is: a text stands in quotes", byte));
    }
    if (constexpr std::string_view in_words = "+-._:=[{\"'";
        !blank && std::isalnum(byte) == 0 && in_words.find(c) == std::string_view::npos) {
      throw line_error(number, source,
                       fmt::format("has a '{}' where no text is: a text stands in quotes", c));
    }
    if (c == '[' || c == '{' || in_date || (c == '.' && ++dots > most_dots)) {
      throw line_error(
          number, source,
          fmt::format("has a table, an array, a date or more than {} dots: a configuration is flat, "
                      "with a text, a number, true or false for each key",
                      most_dots));
    }
  }
}

toml::table parsed(std::string_view text, const std::string& source) try {
  return toml::parse(text);
} catch (const toml::parse_error& error) {
  throw line_error(
      error.source().begin.line, source,
      fmt::format("is not TOML: {} (it is key = value, and a text stands in quotes)", error.description()));
}

/// A value as it would be written on the command line.
std::string as_text(const toml::node& node, std::string_view key, const std::string& source) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* whole = node.as_integer()) return fmt::format("{}", whole->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  throw line_error(
      node.source().begin.line, source,
      fmt::format("gives '{}' a table, array or date: a configuration is flat, with a text, a number, "
                  "true or false for each key",
                  key));
}

std::string value_text(const Option& option) {
  const bool text =
      option.kind == Kind::text || option.kind == Kind::duration || option.is_unset(option.value);
  return text ? toml_quoted(option.value) : option.value;
}

std::string text_of_file(const std::filesystem::path& path) {
  std::string text = read_file(path);
  if (text.size() <= largest_file) return text;
  throw Error(fmt::format("{} has {} bytes: a configuration has at most {}", source_name(path), text.size(),
                          largest_file));
}

std::vector<GivenTexts> parse(std::string_view text, const std::string& source, Arrays arrays) {
  struct Found {
    std::size_t line;
    GivenTexts given;
  };
  std::vector<Found> found;
  check_plain(text, source, arrays);
  for (const auto& [key, node] : parsed(text, source)) {
    const std::size_t line = node.source().begin.line;
    GivenTexts given{.name = std::string(key.str()),
                     .texts = {},
                     .array = node.is_array(),
                     .label = fmt::format("{} in {} line {}", key.str(), source, line)};
    if (const auto* array = node.as_array()) {
      for (const auto& element : *array) given.texts.push_back(as_text(element, key.str(), source));
    } else {
      given.texts.push_back(as_text(node, key.str(), source));
    }
    found.push_back({line, std::move(given)});
  }
  std::ranges::sort(found, {}, &Found::line);  // a table is sorted by key, a person reads from the top
  std::vector<GivenTexts> values;
  for (auto& [line, given] : found) values.push_back(std::move(given));
  return values;
}

}  // namespace

std::vector<Given> read_toml(const std::filesystem::path& path) {
  return parse_toml(text_of_file(path), source_name(path));
}

std::vector<Given> parse_toml(std::string_view text, const std::string& source) {
  std::vector<Given> values;
  for (GivenTexts& given : parse(text, source, Arrays::refused))
    values.push_back({std::move(given.name), std::move(given.texts.front()), std::move(given.label)});
  return values;
}

std::vector<GivenTexts> read_toml_lists(const std::filesystem::path& path) {
  return parse_toml_lists(text_of_file(path), source_name(path));
}

std::vector<GivenTexts> parse_toml_lists(std::string_view text, const std::string& source) {
  return parse(text, source, Arrays::taken);
}

std::string toml_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string to_toml(const OptionValues& values) {
  std::string text = "# carousel train --config <this file> repeats the run.\n", group;
  for (const Option& option : values.all()) {
    if (!option.saved || option.foreign) continue;
    if (option.group != group) text += fmt::format("\n# {}\n", group = option.group);
    text += fmt::format("{} = {}\n", option.name, value_text(option));
  }
  return text;
}

}  // namespace carousel::cli
