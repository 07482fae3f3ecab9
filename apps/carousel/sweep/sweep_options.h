// The options of `carousel sweep`: its own, and those of a training.
#pragma once

#include <string>
#include <vector>

#include "carousel/tasks/registries.h"

#include "options/arguments.h"
#include "options/option.h"

namespace carousel::cli {

/// How the sweep goes about it, and where it is kept.
std::vector<Option> own_sweep_options();

/// Options of train that say where one run is kept and how it is shown, which a sweep does not take.
const std::vector<std::string>& names_of_one_run();
bool is_of_one_run(const Option& option);

/// All that has values: the options of train, and variants of them.
std::vector<Option> swept_table(const Registries& registries, const TaskSpec& task);

/// What the command takes for a task.
Command sweep_command_for(const Registries& registries, const TaskSpec& task);

}  // namespace carousel::cli
