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
/// is what messages call it. Returns its facts as cells_as_json has them.
std::string load_cell_as(const std::string& key, const std::string& source, const std::string& file,
                         const std::string& include);

/// The facts of all built-in cells, a JSON array of objects: name, gates and states and vectors (their names), starts (a range [low,
/// high] a vector, or none), identity_start, recurrence (the shape of weight_hh, as "full"), keep_gate and write_gate (an index
/// into gates, -1 for none).
std::string cells_as_json();

}  // namespace carousel::python
