// One step of one unit on numbers, with all its derivatives: what analysis needs of a cell, whichever it is.
//
// The type of the cell is gone here, so that analysis is compiled once and not once a cell. This header needs
// no tensor.
#pragma once

#include "carousel/cells/cell.h"
#include "carousel/cells/dual.h"

namespace carousel {

/// Where a unit stands before a step. `recurrent` is read only where a cell takes its projections apart.
struct UnitPoint {
  const double* input;      ///< G: input projections with their bias; of other cells the pre-activations
  const double* recurrent;  ///< G: recurrent projections with their bias
  const double* previous;   ///< S: previous states
  const double* vectors;    ///< the unit's entries of the cell's learned vectors
};

/// Evaluates a cell's step on Dual numbers. The directions are the G pre-activations (or, where a cell takes
/// them apart, the G input and then the G recurrent projections), and then the S previous states.
struct UnitStep {
  std::size_t gates = 0, states = 0, vectors = 0;
  bool separate_projections = false;

  /// Writes d state / d direction, [S, directions].
  void (*partials)(const UnitPoint& point, double* out) = nullptr;

  /// The first direction through which the recurrent projection acts.
  std::size_t first_recurrent() const { return separate_projections ? gates : 0; }
  std::size_t first_previous() const { return separate_projections ? 2 * gates : gates; }
  std::size_t directions() const { return first_previous() + states; }
};

namespace detail {

template <FusableCell Cell> void partials_of_step(const UnitPoint& point, double* out) {
  constexpr std::size_t G = gate_count<Cell>, S = state_count<Cell>, P = vector_count<Cell>;
  constexpr std::size_t projections = separate_projections<Cell> ? 2 * G : G, N = projections + S;
  using Number = Dual<N>;
  Gates<Number, G> input, recurrent;
  States<Number, S> previous;
  Vectors<Number, P> vectors;
  for (std::size_t g = 0; g < G; ++g) {
    input[g] = Number::variable(point.input[g], g);
    if constexpr (separate_projections<Cell>) recurrent[g] = Number::variable(point.recurrent[g], G + g);
  }
  for (std::size_t s = 0; s < S; ++s) previous[s] = Number::variable(point.previous[s], projections + s);
  for (std::size_t v = 0; v < P; ++v) vectors[v] = point.vectors[v];

  const auto stepped = evaluate<Cell, Number>(input, recurrent, previous, vectors);
  for (std::size_t s = 0; s < S; ++s) {
    for (std::size_t n = 0; n < N; ++n) *out++ = stepped.states[s].partial[n];
  }
}

}  // namespace detail

template <FusableCell Cell>
inline constexpr UnitStep unit_step{.gates = gate_count<Cell>,
                                    .states = state_count<Cell>,
                                    .vectors = vector_count<Cell>,
                                    .separate_projections = separate_projections<Cell>,
                                    .partials = &detail::partials_of_step<Cell>};

}  // namespace carousel
