#include "carousel/tasks/settings.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

namespace carousel {
namespace {

std::string kind_of(const SettingValue& value) {
  constexpr const char* kinds[] = {"a whole number", "a number", "true or false", "a text"};
  return kinds[value.index()];
}

std::string shown(const SettingValue& value) {
  struct Show {
    std::string operator()(const std::string& text) const { return "'" + text + "'"; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
  };
  return std::visit(Show{}, value);
}

/// "from 1 to 10", "at least 1", "at most 10", or "" without limits.
std::string range_of(const Setting& setting) {
  const bool below = std::isfinite(setting.min), above = std::isfinite(setting.max);
  if (below && above) return fmt::format(" from {} to {}", setting.min, setting.max);
  if (below) return fmt::format(" of at least {}", setting.min);
  return above ? fmt::format(" of at most {}", setting.max) : "";
}

std::string wanted(const Setting& setting) {
  if (!setting.choices.empty()) return "one of " + join(setting.choices);
  return kind_of(setting.value) + range_of(setting);
}

bool in_range(const Setting& setting, const SettingValue& value) {
  const auto between = [&](double number) { return number >= setting.min && number <= setting.max; };
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return between(static_cast<double>(*whole));
  if (const auto* number = std::get_if<double>(&value)) return between(*number);  // false for a NaN
  const auto* text = std::get_if<std::string>(&value);
  return !text || setting.choices.empty() ||
         std::find(setting.choices.begin(), setting.choices.end(), *text) != setting.choices.end();
}

std::vector<std::string> names_of(const std::vector<Setting>& settings) {
  std::vector<std::string> names;
  for (const auto& setting : settings) names.push_back(setting.name);
  return names;
}

}  // namespace

const Setting& Settings::find(const std::string& name) const {
  for (const auto& setting : settings_) {
    if (setting.name == name) return setting;
  }
  throw std::logic_error("the setting '" + name + "' was not declared");
}

std::int64_t Settings::integer(const std::string& name) const {
  return std::get<std::int64_t>(find(name).value);
}
double Settings::number(const std::string& name) const {
  return std::get<double>(find(name).value);
}
bool Settings::flag(const std::string& name) const {
  return std::get<bool>(find(name).value);
}
const std::string& Settings::text(const std::string& name) const {
  return std::get<std::string>(find(name).value);
}

void Settings::set(const std::string& name, SettingValue value) {
  const auto setting =
      std::find_if(settings_.begin(), settings_.end(), [&](auto& s) { return s.name == name; });
  if (setting == settings_.end()) throw Error(did_you_mean("setting", name, names_of(settings_)));
  if (std::holds_alternative<double>(setting->value) && std::holds_alternative<std::int64_t>(value)) {
    value = static_cast<double>(std::get<std::int64_t>(value));
  }
  if (value.index() != setting->value.index() || !in_range(*setting, value)) {
    throw Error(fmt::format("--{} must be {}, not {}", name, wanted(*setting), shown(value)));
  }
  setting->value = std::move(value);
}

}  // namespace carousel
