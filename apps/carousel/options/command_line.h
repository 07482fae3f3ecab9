// What every command does first with its words.
#pragma once

#include <optional>

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

struct CommandLine {
  Arguments arguments;
  OptionValues values;  ///< of the command's options, the given ones laid over the defaults
};

/// Nothing when --help was asked for, and printed. Throws as parse_arguments and OptionValues::apply do.
std::optional<CommandLine> read_command_line(const Command& command, const Words& words);

}  // namespace carousel::cli
