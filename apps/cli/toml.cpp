#include "cli/toml.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/tasks/data/file.h"
#include "carousel/tasks/data/text.h"

namespace carousel::cli {
namespace {

void append_utf8(std::string& text, std::uint32_t code) {
  const auto byte = [&](std::uint32_t bits) { text += static_cast<char>(bits); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) return byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
  if (code < 0x10000)
    return byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F));
  byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)),
      byte(0x80 | (code & 0x3F));
}

/// One line, read from left to right.
class Line {
 public:
  Line(std::string_view text, std::size_t number, const std::string& source)
      : rest_(trim(text)), number_(number), source_(source) {}

  bool is_empty() const { return rest_.empty() || rest_.front() == '#'; }

  Given read() {
    if (rest_.front() == '[')
      fail("begins a table or array; a configuration is flat, one key = value a line");
    const std::string key = is_quote(rest_.front()) ? quoted() : bare_key();
    skip_spaces();
    if (key.empty() || !starts_with('=')) fail("is not of the form key = value");
    rest_.remove_prefix(1);
    skip_spaces();
    if (is_empty()) fail(fmt::format("gives no value to '{}'", key));
    const std::string value = is_quote(rest_.front()) ? quoted() : bare_value(key);
    skip_spaces();
    if (!is_empty()) fail(fmt::format("goes on after the value of '{}' with {}", key, shown(rest_)));
    return {key, value, fmt::format("{} in {} line {}", key, source_, number_)};
  }

  [[noreturn]] void fail(const std::string& what) const { throw line_error(number_, source_, what); }

 private:
  static bool is_quote(char c) { return c == '"' || c == '\''; }
  bool starts_with(char c) const { return !rest_.empty() && rest_.front() == c; }
  void skip_spaces() { rest_ = trim(rest_); }

  std::string_view take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string bare_key() {
    const auto is_key = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
    const auto end = std::ranges::find_if_not(rest_, is_key);
    return std::string(take(static_cast<std::size_t>(end - rest_.begin())));
  }

  std::string bare_value(const std::string& key) {
    std::string word(trim(take(std::min(rest_.find('#'), rest_.size()))));
    if (word == "true" || word == "false") return word;
    std::string digits = word.starts_with('+') ? word.substr(1) : word;
    std::erase(digits, '_');
    if (parse_number<double>(digits)) return digits;
    fail(fmt::format("gives '{}' the value {}, which is no number: write texts in quotes, {} = \"{}\"", key,
                     shown(word), key, word));
  }

  std::string quoted() {
    const char quote = take(1).front();
    std::string text;
    while (!starts_with(quote)) {
      if (rest_.empty()) fail("has a quote without an end");
      const char c = take(1).front();
      if (quote == '"' && c == '\\') {
        escape(text);
      } else {
        text += c;
      }
    }
    rest_.remove_prefix(1);
    return text;
  }

  void escape(std::string& text) {
    static const std::map<char, char> plain{{'"', '"'},  {'\\', '\\'}, {'n', '\n'}, {'t', '\t'},
                                            {'r', '\r'}, {'b', '\b'},  {'f', '\f'}};
    const std::string_view letter = take(1);
    if (letter == "u" || letter == "U") return append_utf8(text, code_point(letter == "u" ? 4 : 8));
    const auto found = letter.empty() ? plain.end() : plain.find(letter.front());
    if (found == plain.end())
      fail(fmt::format("has the unknown escape '\\{}'; a backslash is written \\\\", letter));
    text += found->second;
  }

  std::uint32_t code_point(std::size_t digits) {
    const std::string_view hex = take(digits);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    const bool whole = error == std::errc{} && end == hex.data() + digits && hex.size() == digits;
    if (!whole || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) fail("has a damaged \\u escape");
    return code;
  }

  std::string_view rest_;
  std::size_t number_;
  const std::string& source_;
};

std::string quote(std::string_view text) {
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

std::string value_text(const Option& option) {
  const bool text =
      option.kind == Kind::text || option.kind == Kind::duration || option.is_unset(option.value);
  return text ? quote(option.value) : option.value;
}

}  // namespace

std::vector<Given> read_toml(const std::filesystem::path& path) {
  return parse_toml(read_file(path), source_name(path));
}

std::vector<Given> parse_toml(std::string_view text, const std::string& source) {
  std::vector<Given> values;
  std::size_t number = 0;
  for (const std::string_view content : split_lines(text)) {
    Line line(content, ++number, source);
    if (line.is_empty()) continue;
    Given given = line.read();
    const bool again =
        std::ranges::any_of(values, [&](const Given& other) { return other.name == given.name; });
    if (again) line.fail(fmt::format("gives '{}' a second time", given.name));
    values.push_back(std::move(given));
  }
  return values;
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
