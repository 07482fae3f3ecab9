#include "options/toml.h"

#include <toml++/toml.h>

#include <algorithm>

#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/io/file.h"

namespace carousel::cli {
namespace {

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
  struct Found {
    std::size_t line;
    Given given;
  };
  std::vector<Found> found;
  for (const auto& [key, node] : parsed(text, source)) {
    const std::size_t line = node.source().begin.line;
    found.push_back({line,
                     {std::string(key.str()), as_text(node, key.str(), source),
                      fmt::format("{} in {} line {}", key.str(), source, line)}});
  }
  std::ranges::sort(found, {}, &Found::line);  // a table is sorted by key, a person reads from the top
  std::vector<Given> values;
  for (auto& [line, given] : found) values.push_back(std::move(given));
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
