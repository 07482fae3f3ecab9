#include "cells.h"

#include <map>
#include <mutex>

#include "carousel/recurrent/load_cell.h"
#include "carousel/recurrent/recorded_json.h"
#include "carousel/recurrent/recorded_layer.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/text.h"

namespace carousel::python {

namespace {

using Cells = std::map<std::string, NamedCell, std::less<>>;

NamedCell named(const RecordedCell& cell) {
  return {cell, [cell](const LayerCall& call, const PackedBatch& batch, const LayerWeights& weights,
                       const std::vector<torch::Tensor>& initial) {
            return run_recorded_layer(cell, call, batch, weights, initial);
          }};
}

template <class... Cell> Cells built_in() {
  return {{Cell::name, named(recorded_cell<Cell>())}...};
}

/// Entries stay where they are as others come.
struct Known {
  std::mutex mutex;
  Cells cells = built_in<RnnCell, ReluRnnCell, IrnnCell, LeakyRnnCell, LstmCell, GruCell, MguCell,
                         CifgLstmCell, PeepholeLstmCell, SlstmCell, MinGruCell, MinLstmCell, SruCell,
                         RgLruCell, IndRnnCell, ParaGruCell, ParaLstmCell, CornnCell>();
};

Known& known() {
  static Known all;
  return all;
}

}  // namespace

const NamedCell& find_cell(std::string_view name) {
  const std::lock_guard lock(known().mutex);
  const auto found = known().cells.find(name);
  if (found != known().cells.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [one, cell] : known().cells) names.push_back(one);
  throw Error(did_you_mean("cell", std::string(name), names));
}

std::string load_cell_as(const std::string& key, const std::string& source, const std::string& file,
                         const std::string& include) {
  const auto loaded = load_cell_text(source, file, {.program = {}, .include = include, .keep = {}});
  const std::lock_guard lock(known().mutex);
  known().cells.emplace(key, named(loaded.cell));
  return recorded_json(loaded.cell).dump();
}

std::string cells_as_json() {
  auto all = nlohmann::json::array();
  for (const auto& [name, cell] : known().cells) all.push_back(recorded_json(cell.cell));
  return all.dump();
}

}  // namespace carousel::python
