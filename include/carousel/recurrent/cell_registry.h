// The cells that can be chosen by name at run time. This header needs no tensor.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "carousel/cells/cell.h"

namespace carousel {

class RecurrentBase;
struct LoadedCell;
struct Readings;
struct RecurrentOptions;

/// Makes recurrent modules of Cell: recurrent/recurrent.h says how.
template <class Cell> struct RecurrentFactory;

/// Makes a recurrent module from a cell's name. A program adds its own cell with one line, where
/// carousel/recurrent/recurrent.h is included:
///   CellRegistry cells = CellRegistry::with_built_in();
///   cells.add<MyCell>("what it is, in a few words");
class CellRegistry {
 public:
  using Factory = std::function<std::shared_ptr<RecurrentBase>(const RecurrentOptions&)>;

  struct Entry {
    CellFacts facts;
    std::string summary;
    Factory make;
    bool has_kernels = false;  ///< whether the fused engine can run it
    // Of a cell that was loaded from a file:
    std::string file = {};               ///< its name
    std::string source = {};             ///< the text that was compiled
    const Readings* readings = nullptr;  ///< what was made of it
  };

  /// rnn, relu-rnn, irnn, leaky-rnn, cornn, lstm, cifg-lstm, peephole-lstm, slstm, layer-norm-lstm, gru, mgu; with
  /// a diagonal recurrence indrnn, paragru, paralstm; without one mingru, minlstm, sru, rglru; and on
  /// torch's own layers (Engine::torch) torch-lstm, torch-gru, torch-rnn, torch-relu-rnn.
  static CellRegistry with_built_in();

  /// Adds a cell under Cell::name; a cell of that name is replaced. One with something wrong in it does not compile, and
  /// the compiler says what in one sentence.
  template <CheckedCell Cell> void add(std::string summary) {
    static_assert(
        requires { sizeof(RecurrentFactory<Cell>); },
        "CellRegistry::add needs #include <carousel/recurrent/recurrent.h> before it");
    add(std::string(facts_of<Cell>().name),
        {facts_of<Cell>(), std::move(summary), RecurrentFactory<Cell>(), fusable<Cell>});
  }
  void add(const std::string& name, Entry entry) { entries_[name] = std::move(entry); }

  /// Adds a cell that came from a file (recurrent/load_cell.h). Throws Error when its name is a built-in cell's, or that of a
  /// file with another text.
  void add(const LoadedCell& loaded);

  /// Throws Error naming the nearest match when there is no such cell.
  std::shared_ptr<RecurrentBase> make(const std::string& name, const RecurrentOptions& options) const;
  const Entry& find(const std::string& name) const;

  std::vector<std::string> names() const;

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace carousel
