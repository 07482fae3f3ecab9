// What `carousel train` was asked to do: the task, and every option's value from its four layers.
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

#include "carousel/io/run_folder.h"
#include "carousel/tasks/registries.h"

#include "options/arguments.h"
#include "options/option_values.h"

namespace carousel::cli {

struct TrainRequest {
  const TaskSpec* task;
  OptionValues values;
  std::optional<RunFolder> resumed = {};  ///< the run to go on with
  TaskMemory memory = {};                 ///< of a new run, where it is not the data's own
};

/// What train takes; the defaults are those of the first task.
Command train_command(const Registries& registries);

/// Reads the command line, the environment and the files they name. Nothing when --help was asked for, and
/// printed. Throws Error for whatever is wrong.
std::optional<TrainRequest> read_train_request(const Words& words, const Registries& registries);

/// The options of a task from the four layers, where the command line names the task (the first positional),
/// a file (--config) and options of training; no run is resumed. Throws Error for whatever is wrong.
TrainRequest configured_request(const Arguments& arguments, const Registries& registries);

/// The task that is meant when none is named.
inline constexpr const char* first_task = "adding";

/// What the program decides where nobody did: no forget bias for a cell that can have none, and the threads.
void choose_the_rest(OptionValues& values, const Registries& registries);

/// What meta.json keeps of the run's data (runs/run_data.h); an empty object where it has none.
nlohmann::json kept_data(const RunFolder& run);

/// The options of a run as they were, to evaluate it or sample from it.
TrainRequest read_saved_request(const RunFolder& run, const Registries& registries);

}  // namespace carousel::cli
