#include "cells.h"

#include <map>
#include <mutex>

#include <nlohmann/json.hpp>

#include "carousel/recurrent/load_cell.h"
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
  Cells cells = built_in<RnnCell, ReluRnnCell, IrnnCell, LeakyRnnCell, LstmCell, GruCell, MguCell, CifgLstmCell,
                         PeepholeLstmCell, SlstmCell, MinGruCell, MinLstmCell, SruCell, RgLruCell, IndRnnCell,
                         ParaGruCell, ParaLstmCell, CornnCell>();
};

Known& known() {
  static Known all;
  return all;
}

nlohmann::json facts_json(const CellFacts& facts) {
  const auto names = [](auto list) { return std::vector<std::string>(list.begin(), list.end()); };
  auto starts = nlohmann::json::array();
  for (const auto& range : facts.vector_starts) starts.push_back({range.low, range.high});
  return {{"name", facts.name},
          {"gates", names(facts.gates)},
          {"states", names(facts.states)},
          {"vectors", names(facts.vectors)},
          {"starts", starts},
          {"identity_start", facts.identity_start},
          {"recurrence", facts.recurrence.text()},
          {"keep_gate", facts.keep_gate},
          {"write_gate", facts.write_gate}};
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
  return facts_json(loaded.cell.facts).dump();
}

std::string cells_as_json() {
  auto all = nlohmann::json::array();
  for (const auto& [name, cell] : known().cells) all.push_back(facts_json(cell.cell.facts));
  return all.dump();
}

}  // namespace carousel::python
