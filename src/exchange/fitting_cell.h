// Which cell a recurrent module's weights are of.
#pragma once

#include <string>
#include <vector>

#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/options.h"

#include "exchange/recurrent_entries.h"

namespace carousel {

/// What is known besides the weights: the cell's name, or "", and its number of units, or 0.
struct Named {
  std::string cell;
  std::int64_t hidden = 0;
};

struct FittingCell {
  std::string name;
  std::vector<std::string> others;  ///< whose weights have the same names and shapes
};

/// The cell that is named, else the one of those with this recurrence of their own that fits; of several torch's (lstm, gru,
/// rnn). Throws Error when none fits, when the named one does not, or when several do and none is torch's.
FittingCell choose_cell(const RecurrentEntries& found, const CellRegistry& cells, const Named& named,
                        const std::string& source);

/// The options of the module of one layer that such a cell's weights are of.
RecurrentOptions options_of(const RecurrentEntries& found, const CellFacts& facts);

}  // namespace carousel
