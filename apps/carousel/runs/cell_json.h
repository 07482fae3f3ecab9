// A cell that came from a file, as meta.json keeps it and the reference in Python reads it.
#pragma once

#include <nlohmann/json.hpp>

#include "carousel/recurrent/cell_registry.h"

namespace carousel::cli {

/// recorded_json() of the cell, with its file's name and hash. The entry must be of a loaded cell.
nlohmann::json cell_json(const CellRegistry::Entry& cell);

}  // namespace carousel::cli
