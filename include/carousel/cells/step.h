// What a step is given, what it returns, and how it is called. A cell's file includes cells/cell.h, which explains them.
//
// This header needs no tensor.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

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

template <class C> constexpr bool is_for_tensors_only() {
  if constexpr (requires { C::fused; }) return !C::fused;
  return false;
}

template <class C> constexpr int gate_index(std::string_view wanted) {
  for (std::size_t g = 0; g < C::gates.size(); ++g) {
    if (std::string_view{C::gates[g]} == wanted) return static_cast<int>(g);
  }
  return -1;
}

}  // namespace detail

template <CellWithFacts C> inline constexpr std::size_t vector_count = detail::count_vectors<C>();
template <CellWithFacts C> inline constexpr bool separate_projections = detail::is_separate<C>();

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

}  // namespace carousel
