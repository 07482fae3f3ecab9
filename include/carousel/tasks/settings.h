// A task's own settings: named, typed values with units and ranges. One list serves the command line, the
// configuration file and `carousel list`. This header needs no tensor.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace carousel {

using SettingValue = std::variant<std::int64_t, double, bool, std::string>;

/// One setting; its type is that of its default.
struct Setting {
  std::string name;    ///< as on the command line without the dashes: "length"
  SettingValue value;  ///< the default, then what was set
  std::string help;    ///< with the unit: "steps of a sequence"
  double min = -std::numeric_limits<double>::infinity();  ///< for numbers, inclusive
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};  ///< for text, when only some are allowed
  bool is_path = false;  ///< of a text: it names files or folders, which a run keeps the sums of
};

/// The settings of one task.
class Settings {
 public:
  Settings(std::vector<Setting> settings) : settings_(std::move(settings)) {}  // NOLINT: a list is a Settings

  /// The value of a setting, in the type of its default. Throws std::logic_error for a name that was not declared.
  std::int64_t integer(const std::string& name) const;
  double number(const std::string& name) const;
  bool flag(const std::string& name) const;
  const std::string& text(const std::string& name) const;

  /// Sets a value. Throws Error for an unknown name, a wrong type, a value out of range or not among the choices.
  void set(const std::string& name, SettingValue value);

  const std::vector<Setting>& all() const { return settings_; }

 private:
  const Setting& find(const std::string& name) const;
  std::vector<Setting> settings_;
};

}  // namespace carousel
