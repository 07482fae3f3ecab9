// Cells whose steps are drawn at random when they are compiled, and their kernels in parts: all at once would
// take a compiler minutes and gigabytes. Needs no tensor.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "carousel/recurrent/fused/fused_cell.h"

namespace carousel::testing {

inline constexpr int operations = 17, pool = 6, draws = 12;

/// A number from 0 to `below` - 1 that depends on the seed and the place where it is drawn.
constexpr int draw(int seed, int place, int below) {
  auto x = static_cast<std::uint64_t>(seed) * 0x9E3779B97F4A7C15u +
           static_cast<std::uint64_t>(place) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 30)) * 0x94D049BB133111EBu;
  return static_cast<int>((x >> 33) % static_cast<std::uint64_t>(below));
}

/// Operation number Op; what could leave its domain, or grow beyond bounds, is kept inside.
template <int Op, class V> constexpr V operate(const V& a, const V& b) {
  if constexpr (Op == 0) return a + b;
  if constexpr (Op == 1) return a - b;
  if constexpr (Op == 2) return tanh(a) * b;
  if constexpr (Op == 3) return a / (1.5 + square(b));
  if constexpr (Op == 4) return -a;
  if constexpr (Op == 5) return sigmoid(a);
  if constexpr (Op == 6) return tanh(a);
  if constexpr (Op == 7) return exp(0.5 * tanh(a));
  if constexpr (Op == 8) return log(1.5 + square(a));
  if constexpr (Op == 9) return relu(a);
  if constexpr (Op == 10) return softplus(a);
  if constexpr (Op == 11) return abs(a);
  if constexpr (Op == 12) return min(a, b);
  if constexpr (Op == 13) return max(a, b);
  if constexpr (Op == 14) return sqrt(0.5 + square(a));
  if constexpr (Op == 15) return square(a - 0.25);
  if constexpr (Op == 16) return 0.5 * a - 1.25;
}

/// What the cells of a seed have in common: gates, states, and an expression for each.
template <int Seed> struct RandomStep {
  static constexpr const char* name = "random";
  static constexpr std::array gates{"a", "b", "c"};
  static constexpr std::array states{"h", "c"};
  static constexpr std::array vectors{"weight_v"};

  /// Draws an operation and two operands; the result takes the place of a third value.
  template <int Draw, class V> static constexpr void change(std::array<V, pool>& values) {
    constexpr int op = Draw == 0 ? Seed % operations : draw(Seed, 4 * Draw, operations);
    constexpr auto a = static_cast<std::size_t>(draw(Seed, 4 * Draw + 1, pool));
    constexpr auto b = static_cast<std::size_t>(draw(Seed, 4 * Draw + 2, pool));
    constexpr auto to = static_cast<std::size_t>(draw(Seed, 4 * Draw + 3, pool));
    values[to] = operate<op>(values[a], values[b]);
  }

  template <class V, int... Draws>
  static constexpr auto finish(std::array<V, pool> values, const V& kept,
                               std::integer_sequence<int, Draws...>) {
    (change<Draws>(values), ...);
    const V c = 0.5 * kept + tanh(values[1]) - sigmoid(values[2]);
    return Stepped{States<V, 2>{tanh(values[0] + c), c}, Gates<V, 3>{values[3], values[4], values[5]}};
  }
};

template <int Seed> struct SummedCell : RandomStep<Seed> {
  template <class V>
  static constexpr auto step(const Gates<V, 3>& pre, const States<V, 2>& previous,
                             const Vectors<V, 1>& learned) {
    return SummedCell::finish(
        std::array<V, pool>{pre[0], pre[1], pre[2], previous[0], previous[1], learned[0]}, previous[1],
        std::make_integer_sequence<int, draws>{});
  }
};

template <int Seed> struct SeparateCell : RandomStep<Seed> {
  static constexpr bool separate_projections = true;

  template <class V>
  static constexpr auto step(const Gates<V, 3>& input, const Gates<V, 3>& recurrent,
                             const States<V, 2>& previous, const Vectors<V, 1>& learned) {
    return SeparateCell::finish(
        std::array<V, pool>{input[0] + recurrent[0], input[1] * recurrent[1], input[2] - recurrent[2],
                            previous[0], previous[1], learned[0]},
        previous[1], std::make_integer_sequence<int, draws>{});
  }
};

template <int Seed>
using RandomCell = std::conditional_t<Seed % 2 == 0, SeparateCell<Seed>, SummedCell<Seed>>;

/// Only the kernels that are tried: double, at two levels.
template <class Cell> constexpr fused::FusedCell kernels_for_doubles() {
  using Forward = fused::detail::AtLevels<fused::ForwardKernel, Cell, double>;
  using Backward = fused::detail::AtLevels<fused::BackwardKernel, Cell, double>;
  auto cell = fused::detail::describe<Cell>();
  cell.on_double = {{&Forward::portable, &Forward::avx2, &Forward::avx2},
                    {&Backward::portable, &Backward::avx2, &Backward::avx2}};
  return cell;
}
template <class Cell> inline constexpr fused::FusedCell doubles_of = kernels_for_doubles<Cell>();

inline constexpr int random_cells = 6 * operations + 2, parts = 8, cells_a_part = random_cells / parts;
static_assert(parts * cells_a_part == random_cells);

/// The kernels of the cells Part * cells_a_part and on.
template <int Part> std::vector<const fused::FusedCell*> kernels_of_part() {
  return []<int... Seeds>(std::integer_sequence<int, Seeds...>) {
    return std::vector<const fused::FusedCell*>{&doubles_of<RandomCell<Part * cells_a_part + Seeds>>...};
  }(std::make_integer_sequence<int, cells_a_part>{});
}

}  // namespace carousel::testing
