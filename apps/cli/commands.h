// The commands, one a source file. Each takes the words after its name and returns the exit code; what goes
// wrong is thrown.
#pragma once

#include <string>
#include <vector>

#include "cli/cli.h"

namespace carousel::cli {

using Words = std::vector<std::string>;

int train(const Words& words, const Registries& registries);
int eval(const Words& words, const Registries& registries);
int flow(const Words& words, const Registries& registries);
int compare(const Words& words, const Registries& registries);
int sample(const Words& words, const Registries& registries);
int report(const Words& words, const Registries& registries);
int demo(const Words& words, const Registries& registries);
int export_run(const Words& words, const Registries& registries);
int import_model(const Words& words, const Registries& registries);
int bench(const Words& words, const Registries& registries);
int list(const Words& words, const Registries& registries);

}  // namespace carousel::cli
