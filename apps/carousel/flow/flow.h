// carousel flow: what the gradient does on its way back. Takes the words after its name and returns the exit
// code; what goes wrong is thrown.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

Command flow_command(const Registries& registries);
int flow(const Words& words, const Registries& registries);

}  // namespace carousel::cli
