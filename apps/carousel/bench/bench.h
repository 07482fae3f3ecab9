// carousel bench: time a cell on each engine. Takes the words after its name and returns the exit code; what goes
// wrong is thrown.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

Command bench_command(const Registries& registries);
int bench(const Words& words, const Registries& registries);

}  // namespace carousel::cli
