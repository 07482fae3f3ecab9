// What the fused engine has to know of a cell: sizes, where its slots lie, and its kernels. The engine
// itself is compiled once, not once a cell.
#pragma once

#include <span>

#include "carousel/recurrent/fused/simd_level.h"
#include "carousel/recurrent/fused/step_kernel.h"

namespace carousel::fused {

template <class T> using StepKernel = void (*)(const StepRows<T>&);

template <class T> struct StepKernels {
  std::array<StepKernel<T>, simd_levels.size()> forward, backward;  ///< one a SIMD level
};

struct FusedCell {
  std::size_t gates = 0, states = 0, vectors = 0, slots = 0;
  bool separate_projections = false;
  std::array<std::size_t, max_gates> input_gate{};      ///< gate of slot k, k < gates
  std::array<std::size_t, max_gates> recurrent_gate{};  ///< gate of slot slots - gates + k
  StepKernels<float> on_float{};
  StepKernels<double> on_double{};
  std::span<const Node> step = {};            ///< the step as it was written, in order of evaluation
  std::array<int, max_states> state_nodes{};  ///< node of `step` that is new state s, s < states
  std::array<int, max_gates> gate_nodes{};    ///< the same of gate g, g < gates
  const FusedCell* dropping = nullptr;        ///< the cell with a DroppedUpdate; null without a write gate

  template <class T> const StepKernels<T>& kernels() const {
    if constexpr (sizeof(T) == sizeof(float)) {
      return on_float;
    } else {
      return on_double;
    }
  }
  /// Slot in which the recurrent projection begins; the input projection begins in slot 0.
  std::size_t first_recurrent_slot() const { return slots - gates; }
};

namespace detail {

// One function for each level: the body is inlined into it and compiled for its instruction set.
template <template <class, class> class Kernel, class Cell, class T> struct AtLevels {
  CAROUSEL_TARGET_PORTABLE static void portable(const StepRows<T>& rows) {
    Kernel<Cell, Vector<T, 16>>::run(rows);
  }
  CAROUSEL_TARGET_AVX2 static void avx2(const StepRows<T>& rows) { Kernel<Cell, Vector<T, 32>>::run(rows); }
  CAROUSEL_TARGET_AVX512 static void avx512(const StepRows<T>& rows) {
    Kernel<Cell, Vector<T, 64>>::run(rows);
  }
  static constexpr std::array<StepKernel<T>, simd_levels.size()> all{&portable, &avx2, &avx512};
};

template <class Cell, class T> constexpr StepKernels<T> kernels_of() {
  return {AtLevels<ForwardKernel, Cell, T>::all, AtLevels<BackwardKernel, Cell, T>::all};
}

/// What a cell's step writes down; it stays for who reads it at run time.
template <class Cell> inline constexpr auto written_step = record<Cell>();

/// A cell's sizes, slots and step, without kernels.
template <class Cell> constexpr FusedCell describe() {
  constexpr const auto& plan = plan_of<Cell>;
  constexpr std::size_t G = gate_count<Cell>, S = state_count<Cell>, P = vector_count<Cell>;
  FusedCell cell{.gates = G, .states = S, .vectors = P, .slots = plan.slots};
  cell.separate_projections = separate_projections<Cell>;
  const auto& written = written_step<Cell>;
  cell.step = {written.graph.nodes.data(), static_cast<std::size_t>(written.graph.count)};
  for (std::size_t s = 0; s < S; ++s) cell.state_nodes[s] = written.states[s];
  for (std::size_t g = 0; g < G; ++g) cell.gate_nodes[g] = written.gates[g];
  for (std::size_t k = 0; k < G; ++k) {
    cell.input_gate[k] = plan.input_gate[k];
    cell.recurrent_gate[k] = plan.recurrent_gate[k];
  }
  return cell;
}

template <class Cell> constexpr FusedCell make_fused_cell();

template <class Cell> inline constexpr FusedCell dropping_cell = make_fused_cell<DroppedUpdate<Cell>>();

template <class Cell> constexpr FusedCell make_fused_cell() {
  FusedCell cell = describe<Cell>();
  if constexpr (!drops_update<Cell> && facts_of<Cell>().write_gate >= 0) cell.dropping = &dropping_cell<Cell>;
  cell.on_float = kernels_of<Cell, float>();
  cell.on_double = kernels_of<Cell, double>();
  return cell;
}

}  // namespace detail

/// The kernels of Cell, derived from its step.
template <class Cell> inline constexpr FusedCell fused_cell = detail::make_fused_cell<Cell>();

}  // namespace carousel::fused
