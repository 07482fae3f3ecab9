// carousel export and import: weights from and to the files of others. Each takes the words after its name
// and returns the exit code; what goes wrong is thrown.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

Command export_command(const Registries& registries);
Command import_command(const Registries& registries);

int export_run(const Words& words, const Registries& registries);
int import_model(const Words& words, const Registries& registries);

}  // namespace carousel::cli
