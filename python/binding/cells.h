// The built-in cells by name, for operators that are told a name and are given weights.
#pragma once

#include <string>
#include <string_view>

#include "carousel/cells/cell.h"
#include "carousel/recurrent/fused/fused_engine.h"

namespace carousel::python {

struct NamedCell {
  CellFacts facts;
  const fused::FusedCell* kernels = nullptr;
  fused::LoopLayer loop = nullptr;  ///< the same layer, differentiable twice
};

/// Throws Error naming the nearest match when there is no such cell with kernels.
const NamedCell& find_cell(std::string_view name);

/// The facts of all of them, a JSON array of objects: name, gates (G), states and vectors (their names), starts (a range [low,
/// high] a vector, or none), identity_start, recurrence (the shape of weight_hh, as "full").
std::string cells_as_json();

}  // namespace carousel::python
