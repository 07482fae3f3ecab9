// Configuration files: the flat part of TOML, `key = value` a line, read by toml++.
//
// CLI11's own reader cuts a quoted text at '#' and knows no line numbers; a file name such as "take #2.txt"
// must come back from config.toml as it went in. Tables have no meaning here and are refused, and arrays have
// one only where several values of an option are asked for.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "options/option.h"
#include "options/option_values.h"

namespace carousel::cli {

/// The values of a file, from the top. Throws Error with the line when it is not TOML or not flat, and for
/// more than 1 MiB, or, where no quotes are, a thousand dots or what is not printable ASCII.
std::vector<Given> read_toml(const std::filesystem::path& path);
std::vector<Given> parse_toml(std::string_view text, const std::string& source);

/// What a key of a file with several values has: one text as on the command line, or the texts of an array.
struct GivenTexts {
  std::string name;
  std::vector<std::string> texts;
  bool array = false;
  std::string label;  ///< "lr in 'sweep.toml' line 3"
};

/// The same of a file whose keys may have arrays of texts, numbers, true and false, also over several lines.
std::vector<GivenTexts> read_toml_lists(const std::filesystem::path& path);
std::vector<GivenTexts> parse_toml_lists(std::string_view text, const std::string& source);

/// A text in the quotes and escapes of TOML.
std::string toml_quoted(std::string_view text);

/// Every option that a run depends on, grouped as in --help.
std::string to_toml(const OptionValues& values);

}  // namespace carousel::cli
