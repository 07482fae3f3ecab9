// The entries of a recurrent module in a foreign state dict, found by torch's names.
#pragma once

#include <string>
#include <vector>

#include "carousel/cells/cell.h"
#include "carousel/train/state_dict.h"

namespace carousel {

struct RecurrentEntries {
  /// A module of the file: one, or several that are one stack.
  struct Module {
    std::string prefix;
    std::int64_t first_layer = 0;  ///< of the stack
  };

  std::string prefix;           ///< before the names, such as "encoder.rnn."; of the first module
  std::vector<Module> modules;  ///< from the lowest layer up
  TensorMap entries;            ///< under torch's names: weight_ih_l0, ...
  std::int64_t input_size = 0, layers = 0;
  std::int64_t rows = 0;         ///< of a matrix: gates times units
  std::int64_t hidden_size = 0;  ///< 0 where the shapes do not tell it
  std::int64_t blocks = 0;       ///< of H rows in a matrix: the gates; 0 where the shapes do not tell
  Recurrence recurrence = {};
  bool bidirectional = false;
  bool bias = true;
  bool learn_start = false;

  /// "4 blocks of 64 rows, weight_ci_l0 ...": what tells the cell.
  std::string describe() const;

  /// H if it is a cell with these facts; 0 where it cannot be one.
  std::int64_t units_of(const CellFacts& facts) const;

  /// An entry's name in the file: weight_ih_l1 of a stack is lstm2.weight_ih_l0 there.
  std::string in_file(const std::string& entry) const;
};

/// Names of a foreign file for a message: the first dozen, without what would break a line.
std::string listed(const std::vector<std::string>& names);

/// The prefixes of modules for a message: 'lstm1.', 'decoder.', no prefix.
std::string listed_prefixes(const std::vector<std::string>& prefixes);
std::string without_dot(const std::string& prefix);

/// Takes the recurrent module's entries out; of several modules, as one stack (stacked_modules.h). Throws Error when there is
/// none, one is not whole or has projections, or several are no stack.
RecurrentEntries take_recurrent(TensorMap& entries, const std::string& source);

/// Whether an entry is a bias of a layer.
bool is_bias(const std::string& name);

/// Whether the entries of layer 0 are these, biases aside where there are none.
bool first_layer_fits(const RecurrentEntries& found, const TensorMap& expected);

/// All entries of `expected`, under "recurrent." and their names; zeros for biases where there are none,
/// which is noted. Throws Error that lists what is missing, too many or of another shape.
TensorMap complete(const RecurrentEntries& found, const TensorMap& expected, const std::string& source,
                   std::vector<std::string>& notes);

}  // namespace carousel
