#include "carousel/recurrent/cell_registry.h"

#include <fmt/format.h>

#include "carousel/cells/layer_norm_lstm.h"
#include "carousel/error.h"
#include "carousel/recurrent/load_cell.h"
#include "carousel/recurrent/recorded_recurrent.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/text.h"

namespace carousel {
namespace {

/// A cell under "torch-" and its name, on the engine torch unless another is asked for.
template <ElementwiseCell Cell> void add_torch(CellRegistry& cells) {
  const auto make = [](RecurrentOptions options) {
    if (options.engine() == Engine::automatic) options.engine(Engine::torch);
    return RecurrentFactory<Cell>()(options);
  };
  cells.add(std::string("torch-") + Cell::name,
            {facts_of<Cell>(), std::string(Cell::name) + " on torch's own layer, as --engine torch", make,
             fusable<Cell>});
}

}  // namespace

CellRegistry CellRegistry::with_built_in() {
  CellRegistry cells;
  cells.add<RnnCell>("Elman network with tanh");
  cells.add<ReluRnnCell>("Elman network with a rectifier");
  cells.add<IrnnCell>("Elman network with a rectifier that starts as an adder: identity matrix, zero bias");
  cells.add<LeakyRnnCell>("Elman network of leaky integrators, a learned rate for each unit");
  cells.add<LstmCell>("long short-term memory with a forget gate");
  cells.add<GruCell>("gated recurrent unit, torch's form");
  cells.add<MguCell>("minimal gated unit: one gate");
  cells.add<CifgLstmCell>("LSTM with coupled input and forget gates");
  cells.add<PeepholeLstmCell>("LSTM whose gates see the cell state");
  cells.add<SlstmCell>("sLSTM of xLSTM: exponential gates with a normaliser");
  cells.add<MinGruCell>("minGRU: gates of the input alone, no recurrent product");
  cells.add<MinLstmCell>("minLSTM: gates of the input alone, no recurrent product");
  cells.add<SruCell>("simple recurrent unit: gates see their own unit's memory, no recurrent product");
  cells.add<RgLruCell>("RG-LRU of Griffin: a gated linear recurrence, no recurrent product");
  cells.add<IndRnnCell>("IndRNN: rectifiers that read their own state alone");
  cells.add<ParaGruCell>("ParaGRU: a GRU whose units read their own state alone");
  cells.add<ParaLstmCell>("ParaLSTM: an LSTM with coupled gates whose units read their own state alone");
  cells.add<CornnCell>("coRNN: coupled oscillators, damped and driven");
  cells.add<LayerNormLstmCell>("LSTM with layer normalisation");
  add_torch<RnnCell>(cells);
  add_torch<ReluRnnCell>(cells);
  add_torch<LstmCell>(cells);
  add_torch<GruCell>(cells);
  return cells;
}

void CellRegistry::add(const LoadedCell& loaded) {
  const std::string name(loaded.cell.facts.name);
  const auto known = entries_.find(name);
  if (known != entries_.end() && known->second.source == loaded.source) return;
  if (known != entries_.end() && known->second.source.empty()) {
    throw Error(
        fmt::format("'{}' names its cell '{}', which is a cell that is there already: give it another name",
                    loaded.file, name));
  }
  if (known != entries_.end()) {
    throw Error(
        fmt::format("'{}' and '{}' both name their cell '{}', and differ: give one of them another name",
                    known->second.file, loaded.file, name));
  }
  add(name, {.facts = loaded.cell.facts,
             .summary = fmt::format("from {}", loaded.file),
             .make =
                 [cell = loaded.cell](const RecurrentOptions& options) {
                   return std::make_shared<RecordedRecurrentImpl>(cell, options);
                 },
             .has_kernels = true,
             .file = loaded.file,
             .source = loaded.source,
             .readings = loaded.cell.readings});
}

const CellRegistry::Entry& CellRegistry::find(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw Error(did_you_mean("cell", name, names()));
  return found->second;
}

std::shared_ptr<RecurrentBase> CellRegistry::make(const std::string& name,
                                                  const RecurrentOptions& options) const {
  return find(name).make(options);
}

std::vector<std::string> CellRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

}  // namespace carousel
