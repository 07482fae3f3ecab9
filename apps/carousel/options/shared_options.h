// Options that several commands have, each written once: the same word means the same everywhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "options/option.h"
#include "options/option_values.h"

namespace carousel::cli {

/// --help, which every command has.
Option help_option();

/// --json: "print the result as JSON".
Option json_option(const std::string& what);

/// --output, the file that a command writes; none by default.
Option output_option(const std::string& help);

/// The file that --output names, or the standard one; in a folder, the file of the standard one's name there.
/// Throws Error when there is no folder for it, so ask before the work is done.
std::filesystem::path output_file(const OptionValues& asked, const std::filesystem::path& standard,
                                  const std::string& option = "output");

/// --threads, "auto" by default.
Option threads_option();

/// The threads asked for; all cores for "auto".
std::int64_t asked_threads(const OptionValues& asked);

Option seed_option();
Option dtype_option();
Option device_option();

/// Of the commands that read a trained run.
Option checkpoint_option();
Option split_option();

}  // namespace carousel::cli
