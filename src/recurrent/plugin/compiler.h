// The C++ compiler as a program that is run on a cell's file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "carousel/recurrent/load_cell.h"

namespace carousel {

/// What is compiled with, found; all paths are there.
struct CellTools {
  std::filesystem::path program;
  std::vector<std::filesystem::path> include;
  std::filesystem::path keep;
};

/// Throws Error where there is no compiler, or Carousel's headers are gone.
CellTools find_tools(const CellCompiler& asked, const std::string& file);

/// What a compilation depends on besides its source: compiler, options and headers.
std::string fingerprint(const CellTools& tools);

struct Compiled {
  bool done = false;
  std::string output;  ///< what the compiler said
};

/// Compiles `source` into the shared object `library`. Throws SystemError when the compiler cannot be run, or is stopped.
Compiled compile(const CellTools& tools, const std::filesystem::path& source,
                 const std::filesystem::path& library);

}  // namespace carousel
