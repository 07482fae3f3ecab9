// What a step's kernels are given: where the rows of one time step lie.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "carousel/cells/check_facts.h"

namespace carousel::fused {

using carousel::max_gates, carousel::max_states, carousel::max_vectors;

/// Some rows at one time step. A stride is the distance between rows, in elements. H units a row.
template <class T> struct StepRows {
  std::int64_t units = 0;
  std::int64_t rows = 0;
  T* slots = nullptr;  ///< the row's slots, H each, and then its previous states but the first, H each
  std::int64_t slots_stride = 0;
  std::array<const T*, max_vectors> vectors{};  ///< H each
  const T* update = nullptr;  ///< [rows, H]: factors of the write gate, of a cell with a DroppedUpdate

  // Forward only.
  std::array<T*, max_states> state{};  ///< [rows, H]: previous states in, new states out
  T* output = nullptr;                 ///< the new h once more; null for none
  std::int64_t output_stride = 0;
  bool keep = false;  ///< whether saved values go into the slots, and the previous states behind them
  double* gate_sums = nullptr;  ///< null, or where the sum of every gate's activations is added
  double* saturated = nullptr;  ///< null, or, with gate_sums, where counts of each gate's activations at
                                ///< their limits are added
  char* finite = nullptr;       ///< null, or set to 0 when a new state is not finite

  // Backward only.
  const T* previous_h = nullptr;
  std::int64_t previous_h_stride = 0;
  const T* output_gradient = nullptr;  ///< dL/d(output); null for zeros
  std::int64_t output_gradient_stride = 0;
  std::array<T*, max_states> carry{};  ///< [rows, H]: dL/d(new states) in, the direct dL/d(previous) out
  T* slot_gradients = nullptr;
  std::int64_t slot_gradients_stride = 0;
  std::array<T*, max_vectors> vector_gradients{};  ///< H each, added to; null for none
  double* squares = nullptr;  ///< null, or where the sum of squares of every dL/d(new state) is added
};

}  // namespace carousel::fused
