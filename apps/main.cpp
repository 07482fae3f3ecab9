// The carousel program. One with cells and tasks of its own looks the same, with a line more for each.
#include "cli/cli.h"

int main(int argc, char** argv) {
  const carousel::cli::Registries registries;
  return carousel::cli::run(argc, argv, registries);
}
