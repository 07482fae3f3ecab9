// carousel predict: a trained run's answers to a table.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

Command predict_command(const Registries& registries);
int predict(const Words& words, const Registries& registries);

}  // namespace carousel::cli
