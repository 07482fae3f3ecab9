#include "options/option_values.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

#include "options/nearest_option.h"

namespace carousel::cli {
namespace {

/// Whether a canonical value says something, for options that exclude each other.
bool says_something(const Option& option) {
  return !option.is_unset(option.value) && !(option.kind == Kind::flag && option.value == "false");
}

}  // namespace

void OptionValues::apply(Layer layer, const std::vector<Given>& given) {
  std::map<std::string, std::string> taken;  // exclusive word -> label
  for (const Given& one : given) {
    Option& option = find(one);
    if (option.foreign) {
      if (layer == Layer::environment) continue;
      throw Error(fmt::format("{} is a setting of {}, which the task '{}' does not have", one.label,
                              join(option.tasks), text("task")));
    }
    option.value = canonical(option, one.label, one.text);
    touched_.push_back(option.name);
    if (option.exclusive.empty() || !says_something(option)) continue;
    const auto [other, first] = taken.emplace(option.exclusive, one.label);
    if (!first && other->second != one.label) {
      throw Error(fmt::format("{} and {} exclude each other: give one of them", other->second, one.label));
    }
    give_way(option);
  }
}

void OptionValues::choose(const std::string& name, const std::string& text) {
  find({name, text, name}).value = text;
}

void OptionValues::give_way(const Option& to) {
  for (Option& option : options_) {
    if (&option == &to || option.exclusive != to.exclusive) continue;
    option.value = option.kind == Kind::flag ? "false" : option.unset;
  }
}

std::int64_t OptionValues::integer(const std::string& name) const {
  return parse_number<std::int64_t>(text(name)).value();
}

double OptionValues::number(const std::string& name) const {
  return parse_number<double>(text(name)).value();
}

std::optional<double> OptionValues::optional_number(const std::string& name) const {
  return is_set(name) ? std::optional(number(name)) : std::nullopt;
}

bool OptionValues::is_default(const std::string& name) const {
  return std::ranges::find(touched_, name) == touched_.end();
}

const Option& OptionValues::option(const std::string& name) const {
  if (const Option* found = find_option(options_, name)) return *found;
  throw std::logic_error("there is no option " + name);
}

Option& OptionValues::find(const Given& given) {
  const Option* found = find_option(options_, given.name);
  if (found != nullptr) return options_[static_cast<std::size_t>(found - options_.data())];
  throw Error(fmt::format("{} is not an option{}", given.label, nearest_option(options_, given.name, "")));
}

}  // namespace carousel::cli
