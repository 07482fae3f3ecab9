// A cell that came from a file, as meta.json keeps it and the reference in Python reads it.
#pragma once

#include <nlohmann/json.hpp>

#include "carousel/recurrent/cell_registry.h"

namespace carousel::cli {

/// The file's name and hash, the cell's facts, and its step as a list of operations: ["leaf's kind", index], ["constant",
/// value], or a name and the numbers of its operands. The entry must be of a loaded cell.
nlohmann::json cell_json(const CellRegistry::Entry& cell);

}  // namespace carousel::cli
