// The words of a command line as values of options, by way of CLI11, and --help from the same options.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carousel/error.h"

#include "options/option_values.h"

namespace carousel::cli {

/// Of a command line, after the command.
using Words = std::vector<std::string>;

struct Positional {
  std::string name;  ///< "RUN"
  std::string help;
  bool many = false;  ///< takes every word that is left; the last one only
};

/// What a command takes.
struct Command {
  std::string name;  ///< "train"
  std::string summary;
  std::vector<Positional> positionals;
  std::vector<Option> options;
};

struct Arguments {
  std::vector<Given> given;
  std::vector<std::optional<std::string>> positionals;  ///< in the command's order
  std::vector<std::string> rest;                        ///< of a positional that takes many

  /// Whether --help is among them; it goes before everything else that may be wrong.
  bool help() const;
  /// The value given for an option, the last one when there are several.
  std::optional<std::string> text(const std::string& option) const;
};

/// What parse_arguments throws for an option that is like none of the command's.
class UnknownOption : public Error {
 public:
  UnknownOption(const std::string& sentence, std::string name) : Error(sentence), option(std::move(name)) {}
  std::string option;  ///< its name without dashes and value
};

/// Splits the words; values are not checked yet. Throws Error for a missing value, and for an unknown option
/// with those it may be meant for.
Arguments parse_arguments(const Command& command, const std::vector<std::string>& words);

/// The text of --help: options by group, with default; foreign ones are left out unless asked for.
std::string help_text(const Command& command, bool with_foreign);

/// The values of environment variables CAROUSEL_<OPTION>, an option's alias before its name.
std::vector<Given> environment_values(const std::vector<Option>& options);

}  // namespace carousel::cli
