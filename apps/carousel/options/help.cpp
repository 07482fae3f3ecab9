#include "options/help.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "carousel/text.h"

namespace carousel::cli {
namespace {

constexpr std::size_t indent = 28;
constexpr std::size_t width = 100;

std::string default_text(const Option& option) {
  if (!option.shown_default.empty()) return option.shown_default;
  if (option.kind == Kind::flag) return option.value == "true" ? "on; --" + option.name + "=false" : "off";
  if (option.value.empty()) return "none";
  return option.value;
}

}  // namespace

std::string help_line(const std::string& name, const std::string& description) {
  std::string text = fmt::format("  {:<{}}", name, indent - 2);
  std::size_t column = text.size();
  if (name.size() + 3 > indent) {
    text += fmt::format("\n{:{}}", "", indent);
    column = indent;
  }
  std::istringstream words(description);
  bool first = true;
  for (std::string word; words >> word; first = false) {
    if (!first && column + 1 + word.size() > width) {
      text += fmt::format("\n{:{}}", "", indent);
      column = indent;
    } else if (!first) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
  }
  return text + '\n';
}

std::string help_name(const Option& option) {
  return "--" + option.name + (option.argument.empty() ? "" : " " + option.argument);
}

std::string help_description(const Option& option) {
  return fmt::format("{} (default {})", option.help, default_text(option));
}

std::string help_of_all_tasks(const Option& option) {
  if (option.tasks.empty() || !option.shown_default.empty()) return help_description(option);
  std::vector<std::string> told, parts;
  for (std::size_t i = 0; i < option.tasks.size(); ++i) {
    const std::string& help = option.help_of_tasks[i];
    if (std::ranges::find(told, help) != told.end()) continue;
    told.push_back(help);
    std::vector<std::string> same;
    for (std::size_t j = i; j < option.tasks.size(); ++j) {
      if (option.help_of_tasks[j] == help) same.push_back(option.tasks[j]);
    }
    parts.push_back(fmt::format("{}: {}", join(same), help));
  }
  return join(parts, "; ");
}

}  // namespace carousel::cli
