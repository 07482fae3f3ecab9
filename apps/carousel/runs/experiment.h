// From the values of options to the library's objects.
#pragma once

#include <memory>

#include "carousel/recurrent/cell_registry.h"
#include "carousel/tasks/task_registry.h"
#include "carousel/train/trainer.h"

#include "options/option_values.h"

namespace carousel {
class SequenceModel;
}

namespace carousel::cli {

Settings settings_from(const TaskSpec& task, const OptionValues& values);

/// The task with its data; `measured` as TaskContext has it.
std::unique_ptr<Task> make_task(const TaskSpec& task, const OptionValues& values,
                                const TaskMemory& memory = {}, bool measured = false);

/// Seeds torch, then draws the weights. Throws Error for a device that is not there, or an engine that cannot
/// run the cell.
std::shared_ptr<SequenceModel> make_model(const TaskFacts& task, const OptionValues& values,
                                          const CellRegistry& cells);

/// How the trainer initialises the recurrent module.
InitOptions init_options(const OptionValues& values);

/// Durations in updates of an epoch. Throws Error for epochs of a task that has none.
TrainerOptions trainer_options(const OptionValues& values, const Task& task);
std::int64_t in_updates(const OptionValues& values, const std::string& name, const Task& task);

/// Sets torch's number of threads, and that they take numbers below the normal form as zeros.
void use_threads(std::int64_t threads);

}  // namespace carousel::cli
