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

namespace detail {

/// Like check_cell(), for what only shows when the step is derived.
template <CheckedCell Cell> consteval bool check_readings() {
  if constexpr (!FusableCell<Cell>) {
    static_assert(refused<Cell>,
                  "nothing can be derived from a cell that says fused = false, or that is a module: it runs "
                  "on the loop "
                  "engine, as Recurrent<Cell>, in the program that it is compiled into");
  } else if constexpr (fused::detail::written_step<Cell>.graph.overflowed) {
    static_assert(
        refused<Cell>,
        "a cell's step has more than 128 operations, constants and arguments: what can be derived is less");
  } else if constexpr (fused::plan_of<Cell>.graph.overflowed) {
    static_assert(
        refused<Cell>,
        "a cell's step and its derivative have more than 512 operations: what can be derived is less");
  } else {
    return true;
  }
  return false;
}

}  // namespace detail

/// A cell from which everything can be derived; of any other the compiler says in one sentence why not.
template <class C>
concept DerivableCell = detail::check_readings<C>();

/// The readings of Cell. They are compiled where this is called, kernels for all instruction sets: once is
/// enough. Those of the built-in cells are in the library.
template <DerivableCell Cell> const Readings& readings_of() {
  static constexpr Readings readings{fused::fused_cell<Cell>, unit_step<Cell>};
  return readings;
}

}  // namespace carousel
