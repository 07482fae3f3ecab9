// The one definition of a cell, from which every engine is made.
//
// A cell is a struct that states its facts and one elementwise step:
//
//   struct LstmCell {
//     static constexpr const char* name = "lstm";
//     static constexpr std::array gates{"input", "forget", "cell", "output"};  // blocks of the weights, in order
//     static constexpr std::array states{"h", "c"};                            // the first is the output
//     template <class V>
//     static constexpr auto step(const Gates<V, 4>& pre, const States<V, 2>& previous) {...}
//   };
//
// `step` sees one unit of one sequence at one time step. V is whatever the engine evaluates it on: a tensor,
// a number, a SIMD vector or a symbol. So a step never uses a shape, an index or a branch on a value, and only
//   + - * /, unary -, sigmoid, tanh, exp, log, relu, softplus, abs, min, max, sqrt, square, constants
// A constant is a number, or V(0.5) where a V is asked for. Anything else is refused by the compiler in one sentence
// that says what to do, and so is a cell whose facts and step do not agree (check_cell.h).
//
// Optional facts:
//   static constexpr std::array vectors{"weight_ci", ...};   learned vectors of H entries, given to step as the
//                                                            last argument, Vectors<V, N>
//   static constexpr std::array vector_starts{StartRange{-9.0, -4.3}, ...};
//                                                            from where a new module draws each of them; without
//                                                            the line as all weights, U(-1/sqrt(H), 1/sqrt(H))
//   static constexpr bool separate_projections = true;       step(input, recurrent, previous): the two
//                                                            projections are not summed beforehand (GRU's
//                                                            candidate needs them apart)
//   static constexpr const char* keep_gate = "forget";       the gate that is 1 when the memory is kept;
//                                                            forget-bias and chrono initialisation act on its bias
//   static constexpr const char* write_gate = "input";       the gate that chrono initialisation sets to the opposite
//   static constexpr bool identity_start = true;             by default the recurrent matrices start as the
//                                                            identity, the biases at zero
//   static constexpr std::array activations{Activation::sigmoid, ...};
//                                                            for a cell that is a module: where its gates
//                                                            saturate; else it is read off the step
//   static constexpr Recurrence recurrence{Recurrence::Form::none};
//                                                            the shape of W_hh unless the module's options say another
//   static constexpr bool fused = false;                     the step uses what only tensors have: it runs on
//                                                            the loop engine
//
// This header needs no tensor.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "carousel/cells/activation.h"
#include "carousel/cells/check_cell.h"
#include "carousel/cells/real.h"
#include "carousel/cells/recurrence.h"
#include "carousel/cells/step.h"

namespace carousel {

/// Any cell. Where something is wrong with it, the compiler says what in one sentence (check_cell.h).
template <class C>
concept CheckedCell = detail::check_cell<C>();

/// A cell whose step every engine can evaluate.
template <class C>
concept FusableCell = CheckedCell<C> && !detail::IsModule<C> && !detail::is_for_tensors_only<C>();

/// A struct of facts with an elementwise step. One with `fused = false` is taken at its word: its step is
/// first evaluated when the loop engine is.
template <class C>
concept ElementwiseCell = CheckedCell<C> && !detail::IsModule<C>;

/// Whether kernels can be derived from the cell's step.
template <class C> inline constexpr bool fusable = FusableCell<C>;

/// A cell's facts at run time, for code that handles any cell: initialisation, recording, the command line.
struct CellFacts {
  std::string_view name;
  std::span<const char* const> gates;
  std::span<const char* const> states;
  std::span<const char* const> vectors;
  std::span<const StartRange> vector_starts;  ///< one a vector, or none: they start as all weights
  std::span<const Activation> activations;    ///< one a gate, for what saturation means
  bool separate_projections = false;
  bool identity_start = false;
  Recurrence recurrence = {};
  int keep_gate = -1;   ///< index into `gates`, -1 when the cell has none
  int write_gate = -1;  ///< index into `gates`, -1 when the cell has none
};

namespace detail {

/// Read off the step where it can be; a cell that is a module may state them as `activations`.
template <class C> constexpr std::array<Activation, gate_count<C>> find_activations() {
  std::array<Activation, gate_count<C>> found{};
  if constexpr (requires { C::activations; }) {
    found = C::activations;
  } else if constexpr (FusableCell<C>) {
    found = step_seen<C>.activations;
  }
  return found;
}

}  // namespace detail

/// The outermost function of every gate of C.
template <CellWithFacts C> inline constexpr auto activations_of = detail::find_activations<C>();

template <CellWithFacts C> constexpr CellFacts facts_of() {
  CellFacts facts{.name = C::name,
                  .gates = C::gates,
                  .states = C::states,
                  .vectors = {},
                  .vector_starts = {},
                  .activations = activations_of<C>};
  facts.separate_projections = separate_projections<C>;
  if constexpr (vector_count<C> != 0) facts.vectors = C::vectors;
  if constexpr (requires { C::vector_starts; }) facts.vector_starts = C::vector_starts;
  if constexpr (requires { C::recurrence; }) facts.recurrence = C::recurrence;
  if constexpr (requires { C::identity_start; }) facts.identity_start = C::identity_start;
  if constexpr (requires { C::keep_gate; }) facts.keep_gate = detail::gate_index<C>(C::keep_gate);
  if constexpr (requires { C::write_gate; }) facts.write_gate = detail::gate_index<C>(C::write_gate);
  return facts;
}

}  // namespace carousel
