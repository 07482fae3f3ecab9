// The carousel program. One with cells and tasks of its own looks the same, with a line more for each.
#include <carousel/cli.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const carousel::Registries registries;
  const int code = carousel::cli::run(argc, argv, registries);
  // LibTorch takes itself apart at exit, which lasts longer than most commands; the system does it at once.
  std::fflush(nullptr);
  std::_Exit(code);
}
