// A cell's step evaluated on symbols: it writes down what it computes.
#pragma once

#include "carousel/cells/cell.h"
#include "carousel/recurrent/fused/graph.h"

namespace carousel::fused {

inline constexpr int max_step_nodes = 128;
using StepGraph = Graph<max_step_nodes>;

/// One value of a step: a node of the graph being recorded, or a number that is not in it yet.
class Symbol {
 public:
  constexpr Symbol() = default;
  constexpr Symbol(double number) : number_(number) {}  // NOLINT: a constant in a step becomes a symbol
  constexpr Symbol(StepGraph& graph, int id) : graph_(&graph), id_(id) {}

  /// The node's number in `graph`; a constant is added now.
  constexpr int in(StepGraph& graph) const {
    return graph_ ? id_ : graph.add({.op = Op::constant, .value = number_});
  }

  static constexpr Symbol unary(Op op, const Symbol& x) {
    if (!x.graph_) throw "a function of a constant in a cell's step: write its value instead";
    return {*x.graph_, x.graph_->add({op, x.id_})};
  }
  static constexpr Symbol binary(Op op, const Symbol& x, const Symbol& y) {
    StepGraph* graph = x.graph_ ? x.graph_ : y.graph_;
    if (!graph) return folded(op, x.number_, y.number_);
    const int a = x.in(*graph), b = y.in(*graph);
    return {*graph, graph->add({op, a, b})};
  }

  friend constexpr Symbol operator+(const Symbol& x, const Symbol& y) { return binary(Op::add, x, y); }
  friend constexpr Symbol operator-(const Symbol& x, const Symbol& y) { return binary(Op::sub, x, y); }
  friend constexpr Symbol operator*(const Symbol& x, const Symbol& y) { return binary(Op::mul, x, y); }
  friend constexpr Symbol operator/(const Symbol& x, const Symbol& y) { return binary(Op::div, x, y); }
  friend constexpr Symbol operator-(const Symbol& x) { return x.graph_ ? unary(Op::neg, x) : -x.number_; }

 private:
  static constexpr double folded(Op op, double x, double y) {
    switch (op) {
      case Op::add:
        return x + y;
      case Op::sub:
        return x - y;
      case Op::mul:
        return x * y;
      case Op::div:
        return x / y;
      case Op::min:
        return y < x ? y : x;
      default:
        return x < y ? y : x;  // max
    }
  }

  StepGraph* graph_ = nullptr;
  int id_ = -1;
  double number_ = 0.0;
};

constexpr Symbol sigmoid(const Symbol& x) {
  return Symbol::unary(Op::sigmoid, x);
}
constexpr Symbol tanh(const Symbol& x) {
  return Symbol::unary(Op::tanh, x);
}
constexpr Symbol exp(const Symbol& x) {
  return Symbol::unary(Op::exp, x);
}
constexpr Symbol log(const Symbol& x) {
  return Symbol::unary(Op::log, x);
}
constexpr Symbol relu(const Symbol& x) {
  return Symbol::unary(Op::relu, x);
}
constexpr Symbol softplus(const Symbol& x) {
  return Symbol::unary(Op::softplus, x);
}
constexpr Symbol abs(const Symbol& x) {
  return Symbol::unary(Op::abs, x);
}
constexpr Symbol sqrt(const Symbol& x) {
  return Symbol::unary(Op::sqrt, x);
}
constexpr Symbol square(const Symbol& x) {
  return Symbol::unary(Op::square, x);
}
constexpr Symbol min(const Symbol& x, const Symbol& y) {
  return Symbol::binary(Op::min, x, y);
}
constexpr Symbol max(const Symbol& x, const Symbol& y) {
  return Symbol::binary(Op::max, x, y);
}

/// A recorded step: the graph, and which of its nodes are the results.
template <std::size_t S, std::size_t G> struct Recorded {
  StepGraph graph;
  std::array<int, S> states{};
  std::array<int, G> gates{};
};

/// A cell whose write gate's activation is multiplied by a number of its own, for recurrent dropout (recurrent/noise.h).
template <class Cell> struct DroppedUpdate : Cell {};

template <class Cell> inline constexpr bool drops_update = false;
template <class Cell> inline constexpr bool drops_update<DroppedUpdate<Cell>> = true;

/// The same step with its write gate multiplied: everything that used the gate uses the product.
template <std::size_t S, std::size_t G>
constexpr Recorded<S, G> with_dropped_update(const Recorded<S, G>& plain, int write_gate) {
  Recorded<S, G> dropped;
  std::array<int, max_step_nodes> now{};
  const auto moved = [&](int id) { return id < 0 ? id : now[static_cast<std::size_t>(id)]; };
  const auto write = static_cast<std::size_t>(write_gate);
  int undropped = -1;
  for (int id = 0; id < plain.graph.count; ++id) {
    Node node = plain.graph[id];
    if (has_operands(node)) node.a = moved(node.a), node.b = moved(node.b);
    int added = dropped.graph.add(node);
    if (id == plain.gates[write]) {
      undropped = added;
      added = dropped.graph.add({Op::mul, added, dropped.graph.add(leaf(Leaf::noise, 0))});
    }
    now[static_cast<std::size_t>(id)] = added;
  }
  for (std::size_t s = 0; s < S; ++s) dropped.states[s] = moved(plain.states[s]);
  for (std::size_t g = 0; g < G; ++g) dropped.gates[g] = moved(plain.gates[g]);
  dropped.gates[write] = undropped;  // what is reported of the gate is the gate
  return dropped;
}

/// Runs Cell::step on symbols.
template <class Cell> constexpr auto record() {
  constexpr std::size_t G = gate_count<Cell>, S = state_count<Cell>, P = vector_count<Cell>;
  Recorded<S, G> recorded;
  StepGraph& graph = recorded.graph;
  const auto given = [&graph]<std::size_t N>(std::array<Symbol, N>& symbols, Leaf kind) {
    for (std::size_t i = 0; i < N; ++i) symbols[i] = {graph, graph.add(leaf(kind, i))};
  };
  Gates<Symbol, G> input, recurrent;
  States<Symbol, S> previous;
  Vectors<Symbol, P> vectors;
  given(input, Leaf::input);
  if (separate_projections<Cell>) given(recurrent, Leaf::recurrent);
  given(previous, Leaf::previous);
  given(vectors, Leaf::vector);

  const auto stepped = evaluate<Cell, Symbol>(input, recurrent, previous, vectors);
  for (std::size_t s = 0; s < S; ++s) recorded.states[s] = stepped.states[s].in(graph);
  for (std::size_t g = 0; g < G; ++g) recorded.gates[g] = stepped.gates[g].in(graph);
  if constexpr (drops_update<Cell>) return with_dropped_update(recorded, facts_of<Cell>().write_gate);
  return recorded;
}

}  // namespace carousel::fused
