#include "options/arguments.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/text.h"

#include "options/help.h"
#include "options/nearest_option.h"

namespace carousel::cli {
namespace {

/// A command as CLI11 knows it, every value as text. CLI11 keeps references: it stays where it is made.
struct Parser {
  explicit Parser(const Command& command)
      : app(command.summary, "carousel " + command.name),
        texts(command.options.size()),
        positionals(command.positionals.size()) {
    app.set_help_flag();
    app.allow_extras();
    for (std::size_t i = 0; i < positionals.size(); ++i) {
      const Positional& positional = command.positionals[i];
      places.push_back(positional.many ? app.add_option(positional.name, rest)
                                       : app.add_option(positional.name, positionals[i]));
    }
    for (std::size_t i = 0; i < texts.size(); ++i) add(command.options[i], command.options, texts[i]);
  }

  void add(const Option& option, const std::vector<Option>& others, std::string& text) {
    const std::string names = "--" + join(spellings(option, others), ",--");
    CLI::Option* added = option.kind == Kind::flag ? app.add_flag(names, text) : app.add_option(names, text);
    added->group(option.group);
    option.repeatable ? added->join() : added->take_last();
    options.push_back(added);
  }

  CLI::App app;
  std::vector<std::string> texts, positionals, rest;
  std::vector<CLI::Option*> options, places;
};

[[noreturn]] void refuse(const Command& command, const std::string& word) {
  if (!word.starts_with('-')) {
    throw Error(fmt::format("carousel {} does not know what to do with {}; see carousel {} --help",
                            command.name, shown(word), command.name));
  }
  const std::string given = word.substr(0, word.find('='));
  const std::string name = given.substr(std::min(given.find_first_not_of('-'), given.size()));
  const std::string near = nearest_option(command.options, name, "--");
  if (!near.empty()) throw Error(fmt::format("unknown option {}{}", shown(word), near));
  throw UnknownOption(fmt::format("unknown option {}; see carousel {} --help", shown(word), command.name),
                      name);
}

}  // namespace

bool Arguments::help() const {
  return text("help") == "true";
}

std::optional<std::string> Arguments::text(const std::string& option) const {
  const auto last =
      std::find_if(given.rbegin(), given.rend(), [&](const Given& value) { return value.name == option; });
  return last == given.rend() ? std::nullopt : std::optional(last->text);
}

Arguments parse_arguments(const Command& command, const std::vector<std::string>& words) {
  Parser parser(command);
  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    parser.app.parse(reversed);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();
    throw Error(fmt::format("{} needs a value; see carousel {} --help", what.substr(0, what.find(':')),
                            command.name));
  } catch (const CLI::ParseError& error) {
    throw Error(fmt::format("{}; see carousel {} --help", error.what(), command.name));
  }
  if (const auto extra = parser.app.remaining(); !extra.empty()) {
    const auto dashed =
        std::ranges::find_if(extra, [](const std::string& word) { return word.starts_with('-'); });
    refuse(command, dashed == extra.end() ? extra.front() : *dashed);
  }
  Arguments arguments;
  for (std::size_t i = 0; i < parser.options.size(); ++i) {
    const std::string& name = command.options[i].name;
    if (parser.options[i]->count() > 0) arguments.given.push_back({name, parser.texts[i], "--" + name});
  }
  for (std::size_t i = 0; i < parser.places.size(); ++i) {
    if (command.positionals[i].many) continue;
    const bool there = parser.places[i]->count() > 0;
    arguments.positionals.push_back(there ? std::optional(parser.positionals[i]) : std::nullopt);
  }
  arguments.rest = parser.rest;
  return arguments;
}

std::string help_text(const Command& command, bool with_foreign) {
  std::string text = command.summary + "\n\nUsage: carousel " + command.name;
  for (const Positional& positional : command.positionals) text += fmt::format(" [{}]", positional.name);
  text += " [OPTIONS]\n";
  for (const Positional& positional : command.positionals)
    text += help_line(positional.name, positional.help);
  std::string group;
  for (const Option& option : command.options) {
    if (option.foreign && !with_foreign) continue;
    if (option.group != group) text += fmt::format("\n{}:\n", group = option.group);
    text += help_line(help_name(option), with_foreign ? help_of_all_tasks(option) : help_description(option));
  }
  return text;
}

std::vector<Given> environment_values(const std::vector<Option>& options) {
  std::vector<Given> values;
  for (const Option& option : options) {
    if (option.command_line_only) continue;
    auto words = spellings(option, options);
    std::ranges::reverse(words);  // so that its name is heard last
    for (const std::string& word : words) {
      const std::string name = environment_name(word);
      if (const char* value = std::getenv(name.c_str())) values.push_back({word, value, name});
    }
  }
  return values;
}

}  // namespace carousel::cli
