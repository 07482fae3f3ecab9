// Writes a table of options, one a line:
//
//   OptionGroup g("Model");
//   g.integer("hidden", 64, at_least(1), "units of each layer and direction");
//   g.choice("cell", "lstm", names, "recurrent cell").may_change = true;
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "options/option.h"

namespace carousel::cli {

constexpr Range at_least(double min) {
  return {.min = min};
}
constexpr Range above(double min) {
  return {.min = min, .above_min = true};
}
constexpr Range from_to(double min, double max) {
  return {.min = min, .max = max};
}
inline constexpr Range share{.min = 0, .max = 1, .below_max = true};

/// The options of one heading. Every function adds one and returns it, for what is particular to it. A range
/// without an end gets that of option.h, so that no number is without bounds.
class OptionGroup {
 public:
  explicit OptionGroup(std::string name) : name_(std::move(name)) {}

  Option& integer(const std::string& name, std::int64_t value, Range range, const std::string& help);
  Option& number(const std::string& name, double value, Range range, const std::string& help);
  /// A number that "none" unsets.
  Option& number_or_none(const std::string& name, std::optional<double> value, Range range,
                         const std::string& help);
  Option& flag(const std::string& name, bool value, const std::string& help);
  Option& text(const std::string& name, const std::string& value, const std::string& argument,
               const std::string& help);
  /// One of some words, which the help lists.
  Option& choice(const std::string& name, const std::string& value, const std::vector<std::string>& choices,
                 const std::string& help);
  /// Updates or epochs, as the help should say.
  Option& updates(const std::string& name, std::int64_t value, Range range, const std::string& help);
  /// One that is written elsewhere, such as those of options/shared_options.h.
  Option& add(Option option);

  const std::vector<Option>& options() const& { return options_; }
  std::vector<Option> options() && { return std::move(options_); }

 private:
  std::string name_;
  std::vector<Option> options_;
};

/// The options of several headings, one heading after the other.
std::vector<Option> options_of(const std::vector<OptionGroup>& groups);

}  // namespace carousel::cli
