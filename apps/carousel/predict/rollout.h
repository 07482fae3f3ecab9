// A table's answers, and forecasts that are made of forecasts.
#pragma once

#include "carousel/data/answers.h"
#include "carousel/tasks/task_registry.h"
#include "carousel/train/model.h"

namespace carousel::cli {

struct TableAnswers {
  Answers answers;
  Table table;  ///< that their rows are of: its group columns
};

/// What a run answers to the table of its settings. With `rollout` rows above the horizon, the forecasts after the last row of
/// each group are taken for the truth, and what comes after them is forecast in turn; other inputs are missing there, and stand as
/// the run's --missing says. Throws Error where that cannot be: no forecasts, inputs known ahead, no time step.
TableAnswers answer_table(const TaskSpec& task, const Settings& settings, const TaskContext& context,
                          Model& model, std::int64_t rollout);

}  // namespace carousel::cli
