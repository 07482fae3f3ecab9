// What is derived from a cell's step: the fused engine's kernels and the analysis' derivatives. Needs no tensor.
#pragma once

#include "carousel/cells/unit_step.h"
#include "carousel/recurrent/fused/fused_cell.h"

namespace carousel {

/// Every reading of one cell that is made when it is compiled.
struct Readings {
  const fused::FusedCell& kernels;
  const UnitStep& unit_step;
};

/// The readings of Cell. They are compiled where this is called, kernels for all instruction sets: once is
/// enough. Those of the built-in cells are in the library.
template <FusableCell Cell> const Readings& readings_of() {
  static constexpr Readings readings{fused::fused_cell<Cell>, unit_step<Cell>};
  return readings;
}

}  // namespace carousel
