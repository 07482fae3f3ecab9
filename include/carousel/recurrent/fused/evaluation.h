// A plan's graph evaluated on vectors: every node becomes an instruction or a few, in registers.
#pragma once

#include <cstddef>
#include <utility>

#include "carousel/recurrent/fused/plan.h"
#include "carousel/recurrent/fused/vector_math.h"

namespace carousel::fused {

/// The value of one node of a step's graph, from the values of those before it.
template <class V> CAROUSEL_INLINE V apply(Op op, const V& a, const V& b, const V& c) {
  switch (op) {
    case Op::add:
      return a + b;
    case Op::sub:
      return a - b;
    case Op::mul:
      return a * b;
    case Op::div:
      return a / b;
    case Op::neg:
      return -a;
    case Op::sigmoid:
      return sigmoid_of(a);
    case Op::tanh:
      return tanh_of(a);
    case Op::exp:
      return exp_of(a);
    case Op::log:
      return log_of(a);
    case Op::relu:
      return a <= 0 ? V{} : a;
    case Op::softplus:
      return softplus_of(a);
    case Op::abs:
      return abs_of(a);
    case Op::min:
      return min_of(a, b);
    case Op::max:
      return max_of(a, b);
    case Op::sqrt:
      return sqrt_of(a);
    case Op::square:
      return a * a;
    case Op::pass_positive:
      return a <= 0 ? V{} : b;
    case Op::pass_sign:
      return a > 0 ? b : (a < 0 ? -b : V{});
    case Op::pass_greater:
      return a < b ? V{} : (a == b ? c * broadcast<V>(0.5) : c);
    case Op::softplus_slope:
      return softplus_slope_of(a);
    default:
      return V{};
  }
}

/// Evaluates the live nodes of a plan on vectors of type V. `Source` loads leaves; `Backward` takes the
/// derivative's live nodes and loads saved values instead of computing them.
template <class Cell, class V, bool Backward> class Evaluation {
 public:
  static constexpr const auto& plan = plan_of<Cell>;
  static constexpr const NodeSet& live = Backward ? plan.backward_live : plan.forward_live;

  template <class Source> CAROUSEL_INLINE void run(const Source& source) {
    evaluate(source, std::make_integer_sequence<int, Backward ? plan_of<Cell>.graph.count
                                                              : plan_of<Cell>.forward_count>{});
  }
  template <int Id> CAROUSEL_INLINE const V& get() const { return value_[Id]; }

 private:
  template <class Source, int... Ids>
  CAROUSEL_INLINE void evaluate(const Source& source, std::integer_sequence<int, Ids...>) {
    (evaluate_node<Ids>(source), ...);
  }

  template <int Id, class Source> CAROUSEL_INLINE void evaluate_node(const Source& source) {
    if constexpr (live[Id]) {
      constexpr Node node = plan.graph[Id];
      if constexpr (Backward && plan.is_saved(Id)) {
        value_[Id] = source.slot(plan.slot_of(Id));
      } else if constexpr (node.op == Op::leaf) {
        value_[Id] = source.template leaf<static_cast<Leaf>(node.a)>(static_cast<std::size_t>(node.b));
      } else if constexpr (node.op == Op::constant) {
        value_[Id] = broadcast<V>(node.value);
      } else {
        value_[Id] = apply<V>(node.op, value_[node.a], value_[node.b < 0 ? node.a : node.b],
                              value_[node.c < 0 ? node.a : node.c]);
      }
    }
  }

  V value_[static_cast<std::size_t>(Backward ? plan_of<Cell>.graph.count : plan_of<Cell>.forward_count)];
};

}  // namespace carousel::fused
