// Cells that come from a file: those that a command line names by it, and those that a run keeps.
#pragma once

#include "carousel/tasks/registries.h"

#include "options/arguments.h"

namespace carousel::cli {

/// The file in a run's folder that keeps the text of its cell, where that came from a file.
inline constexpr const char* cell_file_of_run = "cell.h";

/// Loads and adds every cell that the words name as a file, by --cell, --cells or a configuration, or that a run keeps which
/// they name; and those of the environment. Throws as load_cell and CellRegistry::add do, and when a run's own cell is not what
/// it was.
void learn_cells(const Words& words, Registries& registries);

/// The name of a learnt cell where `value` is its file; else `value` itself.
std::string cell_name(const std::string& value, const CellRegistry& cells);

/// The same for the values of the option --cell.
void name_cells(std::vector<Given>& values, const CellRegistry& cells);

}  // namespace carousel::cli
