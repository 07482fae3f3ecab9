// All options of `carousel train`: the one table that --help, the TOML file and the environment are made from.
#pragma once

#include <string>
#include <vector>

#include "carousel/tasks/registries.h"

#include "options/option.h"

namespace carousel::cli {

/// The options with a task's defaults. Settings of other tasks come last in their group and are marked as foreign.
std::vector<Option> train_options(const Registries& registries, const TaskSpec& task);

/// Only the settings of tasks, as eval takes them too.
std::vector<Option> task_settings(const TaskRegistry& tasks, const TaskSpec& task);

/// The words that stand for the enums of the library, in the enums' order.
const std::vector<std::string>& optimiser_names();
const std::vector<std::string>& recurrent_init_names();
const std::vector<std::string>& engine_names();
const std::vector<std::string>& on_non_finite_names();

}  // namespace carousel::cli
