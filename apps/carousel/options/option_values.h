// The values of all options of a command, from four layers: default < file < environment < flag.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "options/option.h"

namespace carousel::cli {

enum class Layer { file, environment, flag };

/// A value somebody gave, before it is checked.
struct Given {
  std::string name;  ///< of the option
  std::string text;
  std::string label;  ///< how it was written, for messages: "--lr", "lr in 'run.toml' line 3", "CAROUSEL_LR"
};

class OptionValues {
 public:
  /// Starts from the defaults.
  explicit OptionValues(std::vector<Option> options) : options_(std::move(options)) {}

  /// Lays values over what is there; layers come in their order. Throws Error for an unknown name, a setting
  /// of another task (the environment's are passed over), a bad value, or two options of a layer that exclude
  /// each other.
  void apply(Layer layer, const std::vector<Given>& given);

  /// Replaces a value by what the program itself chose.
  void choose(const std::string& name, const std::string& text);

  /// The values, of the option that find_option finds. Throw std::logic_error for a name that is not an option.
  const std::string& text(const std::string& name) const { return option(name).value; }
  std::int64_t integer(const std::string& name) const;
  double number(const std::string& name) const;
  bool flag(const std::string& name) const { return text(name) == "true"; }
  Duration duration(const std::string& name) const { return parse_duration(text(name)); }
  bool is_set(const std::string& name) const { return !option(name).is_unset(text(name)); }
  std::optional<double> optional_number(const std::string& name) const;

  /// Whether no layer has touched it.
  bool is_default(const std::string& name) const;

  const Option& option(const std::string& name) const;
  const std::vector<Option>& all() const { return options_; }

 private:
  Option& find(const Given& given);
  void give_way(const Option& to);

  std::vector<Option> options_;
  std::vector<std::string> touched_;
};

}  // namespace carousel::cli
