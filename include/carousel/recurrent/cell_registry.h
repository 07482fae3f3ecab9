// The cells that can be chosen by name at run time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "carousel/recurrent/recurrent.h"
#include "carousel/recurrent/torch_recurrent.h"

namespace carousel {

/// Makes a recurrent module from a cell's name. A program adds its own cell with one line:
///   CellRegistry cells = CellRegistry::with_built_in();
///   cells.add<MyCell>("what it is, in a few words");
class CellRegistry {
 public:
  using Factory = std::function<std::shared_ptr<RecurrentBase>(const RecurrentOptions&)>;

  struct Entry {
    CellFacts facts;
    std::string summary;
    Factory make;
  };

  /// rnn, relu-rnn, irnn, leaky-rnn, lstm, cifg-lstm, peephole-lstm, slstm, layer-norm-lstm, gru, mgu; and
  /// torch's own layers for comparison: torch-lstm, torch-gru, torch-rnn, torch-relu-rnn.
  static CellRegistry with_built_in();

  /// Adds a cell under Cell::name; a cell of that name is replaced.
  template <AnyCell Cell> void add(std::string summary) {
    entries_[Cell::name] = {facts_of<Cell>(), std::move(summary), [](const RecurrentOptions& options) {
                              return std::make_shared<RecurrentImpl<Cell>>(options);
                            }};
  }

  /// Adds torch's own layer for a cell under "torch-" and its name; its checkpoints are those of the cell.
  template <ElementwiseCell Cell> void add_torch() {
    entries_[std::string("torch-") + Cell::name] = {
        facts_of<Cell>(), std::string("torch's own ") + Cell::name + ", for comparison: no step is recorded",
        [](const RecurrentOptions& options) { return std::make_shared<TorchRecurrentImpl<Cell>>(options); }};
  }

  /// Throws Error naming the nearest match when there is no such cell.
  std::shared_ptr<RecurrentBase> make(const std::string& name, const RecurrentOptions& options) const;
  const Entry& find(const std::string& name) const;

  std::vector<std::string> names() const;

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace carousel
