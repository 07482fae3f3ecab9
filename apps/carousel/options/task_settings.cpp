// Tasks' settings as options: the same name in two tasks is one option.
#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "carousel/text.h"

#include "options/help.h"
#include "options/train_options.h"

namespace carousel::cli {
namespace {

struct TextAndKind {
  std::string text;
  Kind kind;
};

TextAndKind text_of(const SettingValue& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return {fmt::format("{}", *i), Kind::integer};
  if (const auto* d = std::get_if<double>(&value)) return {number_text(*d), Kind::number};
  if (const auto* b = std::get_if<bool>(&value)) return {*b ? "true" : "false", Kind::flag};
  return {std::get<std::string>(value), Kind::text};
}

std::string argument_of(const Setting& setting, Kind kind) {
  if (kind == Kind::integer) return "N";
  if (kind == Kind::number) return "X";
  if (kind == Kind::flag) return "";
  return setting.choices.empty() ? "VALUE" : "NAME";
}

Option option_of(const Setting& setting) {
  const auto [text, kind] = text_of(setting.value);
  const double largest = kind == Kind::integer ? largest_integer : largest_number;
  const bool is_number = kind == Kind::integer || kind == Kind::number;
  std::string help = setting.help;
  const bool told = std::ranges::all_of(
      setting.choices, [&](const std::string& choice) { return help.find(choice) != std::string::npos; });
  if (!told) help += ": " + join(setting.choices);
  return {
      .name = setting.name,
      .group = "Task",
      .kind = kind,
      .value = text,
      .argument = argument_of(setting, kind),
      .help = help,
      .range = is_number ? Range{.min = setting.min, .max = setting.max}.within(-largest, largest) : Range{},
      .choices = setting.choices,
      .holds_commas = kind == Kind::text && setting.choices.empty()};
}

}  // namespace

std::vector<Option> task_settings(const TaskRegistry& tasks, const TaskSpec& task) {
  std::vector<Option> options;
  for (const Setting& setting : task.settings) options.push_back(option_of(setting));
  for (const std::string& name : tasks.names()) {
    for (const Setting& setting : tasks.find(name).settings) {
      Option option = option_of(setting);
      option.foreign = true;
      auto found = std::ranges::find(options, setting.name, &Option::name);
      if (found == options.end()) found = options.insert(options.end(), option);
      found->tasks.push_back(name);
      found->help_of_tasks.push_back(help_description(option));
    }
  }
  return options;
}

}  // namespace carousel::cli
