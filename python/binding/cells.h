// The cells that operators are told by name, and whose weights they are given: the built-in ones, and those that were loaded.
#pragma once

#include <string>
#include <string_view>

#include "carousel/recurrent/fused/fused_engine.h"
#include "carousel/recurrent/recorded_cell.h"

namespace carousel::python {

struct NamedCell {
  RecordedCell cell;
  fused::LoopLayer loop;  ///< the same layer, differentiable twice

  const fused::FusedCell* kernels() const { return &cell.kernels(); }
};

/// Throws Error naming the nearest match when there is no such cell with kernels.
const NamedCell& find_cell(std::string_view name);

/// Compiles and loads a cell from its text (recurrent/load_cell.h) and makes it known as `key`; one that is known stays. `file`
/// is what messages call it. Returns its recorded_json().
std::string load_cell_as(const std::string& key, const std::string& source, const std::string& file,
                         const std::string& include);

/// A JSON array with recorded_json() of every cell that is known.
std::string cells_as_json();

}  // namespace carousel::python
