// What one option is: the single definition behind --help, the command line, the environment and the TOML file.
//
// Every value is kept as text in one canonical form ("64", "0.001", "5000u", "true"), so that the same words
// stand in --help, in config.toml and in a message.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace carousel::cli {

enum class Kind {
  integer,
  number,
  flag,  ///< true or false
  text,
  duration,  ///< updates ("5000u", "5000") or epochs ("20e")
};

/// What a number may be where an option says nothing narrower. 10^9 of anything countable fits every product
/// that is formed of it; 10^30 stays finite in float32, in which a model computes.
inline constexpr double largest_integer = 1e9, largest_number = 1e30, longest_duration = 1e15;

/// The values a number may have.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool above_min = false;  ///< whether min itself is excluded
  bool below_max = false;  ///< whether max itself is excluded

  /// The same with finite bounds: `largest` where there is none.
  Range within(double smallest, double largest) const;
  bool contains(double value) const;
  /// What follows "a number": " of at least 1", " above 0 and below 1"; "" when everything is allowed.
  std::string text() const;
};

struct Option {
  std::string name;        ///< without the dashes; also the key in the TOML file
  std::string group = {};  ///< its heading in --help
  Kind kind = Kind::text;
  std::string value = {};     ///< the default
  std::string argument = {};  ///< how --help names the value: "N"
  std::string help = {};      ///< with the unit
  Range range = {};
  std::vector<std::string> choices = {};  ///< for text, when only some are allowed
  std::string unset = {};      ///< the word for "no value" ("none", "auto"); empty when there must be one
  std::string exclusive = {};  ///< of the options with the same word here, one at a time has a value
  std::string alias = {};      ///< another spelling, where no other option has that name
  bool repeatable = false;     ///< given several times, the values are joined by new lines
  bool holds_commas =
      false;             ///< a comma may be part of one value: several of them stand in braces in a sweep
  bool foreign = false;  ///< a setting of other tasks than the one at hand
  std::vector<std::string> tasks = {};          ///< for settings: the tasks that have it
  std::vector<std::string> help_of_tasks = {};  ///< beside `tasks`: help and default, which may differ
  std::string shown_default = {};               ///< in place of the default in --help
  bool saved = true;                            ///< part of config.toml
  bool may_change = false;                      ///< whether a resumed run may change it
  bool command_line_only = false;

  bool is_unset(std::string_view text) const { return !unset.empty() && text == unset; }
};

/// A length of training.
struct Duration {
  double amount = 0.0;
  bool epochs = false;  ///< else updates
};

/// The option that a name means: one of this name, else one of this alias, and a foreign one only where no other is meant,
/// so that a setting of one task takes no word from the others. nullptr: none.
const Option* find_option(const std::vector<Option>& options, std::string_view name);

/// The words for an option among others: its name, and its alias unless that is another option's name.
std::vector<std::string> spellings(const Option& option, const std::vector<Option>& others);

/// The value in its canonical form. `label` is how the user wrote the option: "--lr", "CAROUSEL_LR".
/// Throws Error such as "--lr is -1, but must be a number above 0".
std::string canonical(const Option& option, const std::string& label, const std::string& text);

/// Reads a duration that canonical() returned.
Duration parse_duration(const std::string& text);

/// A number in the fewest digits that give it back.
std::string number_text(double value);

/// "CAROUSEL_CLIP_NORM" for "clip-norm".
std::string environment_name(std::string_view option);

}  // namespace carousel::cli
