// What can be chosen by name. This header needs no tensor.
#pragma once

#include "carousel/recurrent/cell_registry.h"
#include "carousel/tasks/task_registry.h"

namespace carousel {

/// The cells and tasks of a program: the built-in ones, and those it adds.
struct Registries {
  CellRegistry cells = CellRegistry::with_built_in();
  TaskRegistry tasks = TaskRegistry::with_built_in();
};

}  // namespace carousel
