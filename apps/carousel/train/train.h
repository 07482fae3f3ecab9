// carousel train: train a network on a task. Takes the words after its name and returns the exit code; what goes
// wrong is thrown.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

int train(const Words& words, const Registries& registries);

}  // namespace carousel::cli
