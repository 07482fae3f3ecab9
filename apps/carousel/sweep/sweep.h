// carousel sweep: many trainings, and which of their settings is better than what the seeds make of them. Takes the words
// after its name and returns the exit code; what goes wrong is thrown.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

Command sweep_command(const Registries& registries);
int sweep(const Words& words, const Registries& registries);

}  // namespace carousel::cli
