// carousel compare: train here and in Python's PyTorch. Takes the words after its name and returns the exit
// code; what goes wrong is thrown.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

Command compare_command(const Registries& registries);
int compare(const Words& words, const Registries& registries);

}  // namespace carousel::cli
