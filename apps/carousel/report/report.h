// carousel report: runs on one page. Takes the words after its name and returns the exit code; what goes
// wrong is thrown.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

Command report_command(const Registries& registries);
int report(const Words& words, const Registries& registries);

}  // namespace carousel::cli
