// What a model would take, told before it is made.
#pragma once

#include "carousel/cells/cell.h"
#include "carousel/model/model_options.h"
#include "carousel/train/task_facts.h"

namespace carousel {

/// Throws Error, with the count, when the model's weights do not fit twice into this machine's memory.
void check_size(const TaskFacts& task, const ModelOptions& options, const CellFacts& cell);

}  // namespace carousel
