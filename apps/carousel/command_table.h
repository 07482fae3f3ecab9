// The commands there are: what each is called, what it takes and what runs it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

struct CommandEntry {
  const char* name;
  const char* summary;
  Command (*describe)(const Registries&);
  int (*run)(const Words&, const Registries&);  ///< the words after the name; returns the exit code
};

/// In the order of the short help.
std::span<const CommandEntry> all_commands();

/// The names of the commands that have the option, by its name or alias.
std::vector<std::string> commands_with(const std::string& option, const Registries& registries);

}  // namespace carousel::cli
