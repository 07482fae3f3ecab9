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
// min and max take two V. Anything else is refused by the compiler with a message that says what to do.
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
#include "carousel/cells/real.h"
#include "carousel/cells/recurrence.h"
#include "carousel/cells/unsupported.h"

namespace carousel {

template <class V, std::size_t N> using Gates = std::array<V, N>;
template <class V, std::size_t N> using States = std::array<V, N>;
template <class V, std::size_t N> using Vectors = std::array<V, N>;

/// Where the entries of a learned vector start: U(low, high).
struct StartRange {
  double low = 0.0, high = 0.0;
};

/// What a step returns: the new states, and every gate's activation in the order of `gates`.
template <class V, std::size_t S, std::size_t G> struct Stepped {
  States<V, S> states;
  Gates<V, G> gates;
};
template <class V, std::size_t S, std::size_t G>
Stepped(std::array<V, S>, std::array<V, G>) -> Stepped<V, S, G>;

/// The facts common to elementwise cells and to cells that are modules.
template <class C>
concept CellWithFacts = requires {
  std::string_view{C::name};
  C::gates.size();
  C::states.size();
};

template <CellWithFacts C> inline constexpr std::size_t gate_count = C::gates.size();
template <CellWithFacts C> inline constexpr std::size_t state_count = C::states.size();

namespace detail {

template <class C> constexpr std::size_t count_vectors() {
  if constexpr (requires { C::vectors.size(); }) return C::vectors.size();
  return 0;
}

template <class C> constexpr bool is_separate() {
  if constexpr (requires { C::separate_projections; }) return C::separate_projections;
  return false;
}

}  // namespace detail

template <CellWithFacts C> inline constexpr std::size_t vector_count = detail::count_vectors<C>();
template <CellWithFacts C> inline constexpr bool separate_projections = detail::is_separate<C>();

namespace detail {

template <class C> constexpr bool is_for_tensors_only() {
  if constexpr (requires { C::fused; }) return !C::fused;
  return false;
}

/// A step that is no template, as a cell that is a module has it.
template <class C>
concept HasPlainStep = requires { typename std::type_identity<decltype(&C::step)>; };

}  // namespace detail

/// Evaluates a cell's step on any V. `input` is the input projection with its bias; for a cell with summed
/// projections it is the whole pre-activation and `recurrent` is ignored.
template <class Cell, class V>
constexpr auto evaluate(const Gates<V, gate_count<Cell>>& input, const Gates<V, gate_count<Cell>>& recurrent,
                        const States<V, state_count<Cell>>& previous,
                        const Vectors<V, vector_count<Cell>>& vectors) {
  constexpr bool has_vectors = vector_count<Cell> != 0;
  if constexpr (separate_projections<Cell> && has_vectors) {
    return Cell::step(input, recurrent, previous, vectors);
  } else if constexpr (separate_projections<Cell>) {
    return Cell::step(input, recurrent, previous);
  } else if constexpr (has_vectors) {
    return Cell::step(input, previous, vectors);
  } else {
    return Cell::step(input, previous);
  }
}

namespace detail {

template <class C> using EvaluatedOnReals = decltype(evaluate<C, Real>({}, {}, {}, {}));

}  // namespace detail

/// A cell whose step every engine can evaluate.
template <class C>
concept FusableCell = CellWithFacts<C> && !detail::is_for_tensors_only<C>() && requires {
  &C::template step<Real>;
} && requires {
  requires std::same_as<detail::EvaluatedOnReals<C>, Stepped<Real, state_count<C>, gate_count<C>>>;
};

/// A struct of facts with an elementwise step. One with `fused = false` is taken at its word: its step is
/// first evaluated when the loop engine is.
template <class C>
concept ElementwiseCell =
    FusableCell<C> || (CellWithFacts<C> && detail::is_for_tensors_only<C>() && !detail::HasPlainStep<C>);

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

template <class C> constexpr int gate_index(std::string_view wanted) {
  for (std::size_t g = 0; g < C::gates.size(); ++g) {
    if (std::string_view{C::gates[g]} == wanted) return static_cast<int>(g);
  }
  return -1;
}

}  // namespace detail

namespace detail {

/// Read off the step where it can be; a cell that is a module may state them as `activations`.
template <class C> constexpr std::array<Activation, gate_count<C>> find_activations() {
  std::array<Activation, gate_count<C>> found{};
  if constexpr (requires { C::activations; }) {
    found = C::activations;
  } else if constexpr (FusableCell<C>) {
    const auto stepped = evaluate<C, Outermost>({}, {}, {}, {});
    for (std::size_t g = 0; g < found.size(); ++g) found[g] = stepped.gates[g].activation;
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
  if constexpr (requires { C::vector_starts; }) {
    facts.vector_starts = C::vector_starts;
    static_assert(C::vector_starts.size() == vector_count<C>, "vector_starts must have one range a vector");
  }
  if constexpr (requires { C::recurrence; }) facts.recurrence = C::recurrence;
  if constexpr (requires { C::identity_start; }) facts.identity_start = C::identity_start;
  if constexpr (requires { C::keep_gate; }) {
    facts.keep_gate = detail::gate_index<C>(C::keep_gate);
    static_assert(detail::gate_index<C>(C::keep_gate) >= 0, "keep_gate must be one of the cell's gates");
  }
  if constexpr (requires { C::write_gate; }) {
    facts.write_gate = detail::gate_index<C>(C::write_gate);
    static_assert(detail::gate_index<C>(C::write_gate) >= 0, "write_gate must be one of the cell's gates");
  }
  return facts;
}

}  // namespace carousel
