#include "cells.h"

#include <map>

#include <nlohmann/json.hpp>

#include "carousel/recurrent/recurrent.h"
#include "carousel/text.h"

namespace carousel::python {

namespace {

using Cells = std::map<std::string_view, NamedCell>;

template <class... Cell> Cells named() {
  return {{Cell::name, {facts_of<Cell>(), &readings_of<Cell>().kernels, &RecurrentImpl<Cell>::run_again}}...};
}

const Cells& cells() {
  static const Cells all = named<RnnCell, ReluRnnCell, IrnnCell, LeakyRnnCell, LstmCell, GruCell, MguCell,
                                 CifgLstmCell, PeepholeLstmCell, SlstmCell, MinGruCell, MinLstmCell, SruCell,
                                 RgLruCell, IndRnnCell, ParaGruCell, ParaLstmCell, CornnCell>();
  return all;
}

}  // namespace

const NamedCell& find_cell(std::string_view name) {
  const auto found = cells().find(name);
  if (found != cells().end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, cell] : cells()) names.emplace_back(known);
  throw Error(did_you_mean("cell", std::string(name), names));
}

std::string cells_as_json() {
  auto all = nlohmann::json::array();
  for (const auto& [name, cell] : cells()) {
    auto starts = nlohmann::json::array();
    for (const auto& range : cell.facts.vector_starts) starts.push_back({range.low, range.high});
    all.push_back(
        {{"name", name},
         {"gates", cell.facts.gates.size()},
         {"states", std::vector<std::string>(cell.facts.states.begin(), cell.facts.states.end())},
         {"vectors", std::vector<std::string>(cell.facts.vectors.begin(), cell.facts.vectors.end())},
         {"starts", starts},
         {"identity_start", cell.facts.identity_start},
         {"recurrence", cell.facts.recurrence.text()}});
  }
  return all.dump();
}

}  // namespace carousel::python
