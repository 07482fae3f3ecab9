// The command line of Carousel, for the carousel program and for programs with cells and tasks of their own:
//
//   carousel::Registries registries;
//   registries.cells.add<MyCell>("what it is, in a few words");
//   return carousel::cli::run(argc, argv, registries);
#pragma once

#include "carousel/tasks/registries.h"

namespace carousel::cli {

using carousel::Registries;

/// Runs one command. Returns the exit code: 0 done, 1 the system refused or something unexpected, 2 wrong
/// usage or input, 3 training diverged, 128 + n stopped by signal n. Every failure is one sentence on stderr.
int run(int argc, const char* const* argv, const Registries& registries);

}  // namespace carousel::cli
