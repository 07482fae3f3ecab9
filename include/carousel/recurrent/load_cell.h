// A cell in one file, while the program runs: compiled, kept and loaded. This header needs no tensor.
//
//   const auto janet = carousel::load_cell("janet.h");         // seconds the first time, then no more
//   registries.cells.add(janet);                               // known by its name, as a built-in cell
//
// The file is what a program would include: a struct of facts with a step (cells/cell.h). Its kernels are compiled for all
// instruction sets, without LibTorch, by the C++ compiler that Carousel was built with, or CXX, or one on PATH; what comes out is
// kept under a hash of the file, of Carousel's headers and of the compiler.
#pragma once

#include <filesystem>
#include <string>

#include "carousel/recurrent/recorded_cell.h"

namespace carousel {

/// Where a cell's file is compiled, and with what; an empty path is what is found by itself.
struct CellCompiler {
  std::filesystem::path program;  ///< $CXX, the one that built Carousel, c++, g++ or clang++
  std::filesystem::path include;  ///< the folder with carousel/recurrent/cell_plugin.h
  std::filesystem::path
      keep;  ///< $CAROUSEL_CELL_CACHE, the build folder's cells/, or ~/.cache/carousel/cells
};

/// A cell that came from a file. It stays loaded as long as the program runs.
struct LoadedCell {
  RecordedCell cell;
  std::string file;    ///< its name, such as "janet.h"
  std::string source;  ///< the text that was compiled
  std::string hash;    ///< of the text, 16 hexadecimal digits
};

/// Throws Error for a file that is not there or not a cell in one file, with the line and one sentence where it does not
/// compile, and when there is no compiler; SystemError where nothing can be written.
LoadedCell load_cell(const std::filesystem::path& file, const CellCompiler& compiler = {});

/// The same from a text; `name` is what messages call it.
LoadedCell load_cell_text(const std::string& source, const std::string& name,
                          const CellCompiler& compiler = {});

/// Of a text, 16 hexadecimal digits: whether two cells are the same.
std::string cell_hash(const std::string& source);

}  // namespace carousel
