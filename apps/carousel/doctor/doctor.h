// carousel doctor: looks at the set-up and at a run, and says what is wrong and what to do.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

Command doctor_command(const Registries& registries);
int doctor(const Words& words, const Registries& registries);

}  // namespace carousel::cli
