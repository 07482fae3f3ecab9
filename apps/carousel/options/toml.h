// Configuration files: the flat part of TOML, `key = value` a line, read by toml++.
//
// CLI11's own reader cuts a quoted text at '#' and knows no line numbers; a file name such as "take #2.txt"
// must come back from config.toml as it went in. Tables and arrays have no meaning here and are refused.
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

/// Every option that a run depends on, grouped as in --help.
std::string to_toml(const OptionValues& values);

}  // namespace carousel::cli
