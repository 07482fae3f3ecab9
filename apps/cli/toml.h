// Configuration files: the flat part of TOML 1.0, `key = value` a line.
//
// CLI11's own reader cuts a quoted text at '#' and knows no line numbers; a file name such as "take #2.txt"
// must come back from config.toml as it went in, so this is read here. Tables and arrays have no meaning and
// are refused.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cli/option.h"
#include "cli/option_values.h"

namespace carousel::cli {

/// The values of a file. Throws Error with the line when something is not `key = value`, or a key comes
/// twice.
std::vector<Given> read_toml(const std::filesystem::path& path);
std::vector<Given> parse_toml(std::string_view text, const std::string& source);

/// Every option that a run depends on, grouped as in --help.
std::string to_toml(const OptionValues& values);

}  // namespace carousel::cli
