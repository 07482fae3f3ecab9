// The lines of --help.
#pragma once

#include <string>

#include "options/option.h"

namespace carousel::cli {

/// "  --hidden N               units of each layer and direction (default 64)", wrapped to a readable width.
std::string help_line(const std::string& name, const std::string& description);

std::string help_name(const Option& option);

/// The help with the default.
std::string help_description(const Option& option);

/// The same for a setting in the list of all tasks' settings: told once for the tasks where it is the same.
std::string help_of_all_tasks(const Option& option);

}  // namespace carousel::cli
