// Whether a model that was trained elsewhere fits the task that it becomes a run of, and what is taken for granted where it does.
#pragma once

#include <string>
#include <vector>

#include "carousel/exchange/found_model.h"
#include "carousel/train/task.h"

namespace carousel::cli {

/// Why the sizes of the model are not those of the task, "" where they are; for a task over a table with what the table has.
std::string misfit(const FoundModel& model, const Task& task);

/// What the weights do not say of how a table is read, a sentence each.
std::vector<std::string> assumptions(const Task& task);

}  // namespace carousel::cli
