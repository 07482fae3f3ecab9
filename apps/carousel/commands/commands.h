// The small commands. Each takes the words after its name and returns the exit code; what goes wrong is thrown.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

Command eval_command(const Registries& registries);
Command sample_command(const Registries& registries);
Command list_command(const Registries& registries);

int eval(const Words& words, const Registries& registries);
int sample(const Words& words, const Registries& registries);
int list(const Words& words, const Registries& registries);

}  // namespace carousel::cli
