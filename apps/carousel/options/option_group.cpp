#include "options/option_group.h"

#include <fmt/format.h>

#include "carousel/text.h"

namespace carousel::cli {

Option& OptionGroup::add(Option option) {
  option.group = name_;
  options_.push_back(std::move(option));
  return options_.back();
}

Option& OptionGroup::integer(const std::string& name, std::int64_t value, Range range,
                             const std::string& help) {
  return add({.name = name,
              .kind = Kind::integer,
              .value = fmt::format("{}", value),
              .argument = "N",
              .help = help,
              .range = range.within(-largest_integer, largest_integer)});
}

Option& OptionGroup::number(const std::string& name, double value, Range range, const std::string& help) {
  return add({.name = name,
              .kind = Kind::number,
              .value = number_text(value),
              .argument = "X",
              .help = help,
              .range = range.within(-largest_number, largest_number)});
}

Option& OptionGroup::number_or_none(const std::string& name, std::optional<double> value, Range range,
                                    const std::string& help) {
  Option& option = number(name, value.value_or(0.0), range, help);
  option.unset = "none";
  if (!value) option.value = "none";
  return option;
}

Option& OptionGroup::flag(const std::string& name, bool value, const std::string& help) {
  return add({.name = name, .kind = Kind::flag, .value = value ? "true" : "false", .help = help});
}

Option& OptionGroup::text(const std::string& name, const std::string& value, const std::string& argument,
                          const std::string& help) {
  return add({.name = name, .value = value, .argument = argument, .help = help});
}

Option& OptionGroup::choice(const std::string& name, const std::string& value,
                            const std::vector<std::string>& choices, const std::string& help) {
  return add({.name = name,
              .value = value,
              .argument = "NAME",
              .help = help + ": " + join(choices),
              .choices = choices});
}

Option& OptionGroup::updates(const std::string& name, std::int64_t value, Range range,
                             const std::string& help) {
  return add({.name = name,
              .kind = Kind::duration,
              .value = fmt::format("{}u", value),
              .argument = "DURATION",
              .help = help,
              .range = range.within(0, longest_duration)});
}

std::vector<Option> options_of(const std::vector<OptionGroup>& groups) {
  std::vector<Option> options;
  for (const OptionGroup& group : groups)
    options.insert(options.end(), group.options().begin(), group.options().end());
  return options;
}

}  // namespace carousel::cli
