#include "runs/cell_json.h"

#include "carousel/recurrent/load_cell.h"
#include "carousel/recurrent/recorded_json.h"

namespace carousel::cli {

nlohmann::json cell_json(const CellRegistry::Entry& cell) {
  auto noted = recorded_json({cell.facts, cell.readings});
  noted["file"] = cell.file, noted["hash"] = cell_hash(cell.source);
  return noted;
}

}  // namespace carousel::cli
