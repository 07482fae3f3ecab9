// The backward pass of a step, derived from its graph by reverse accumulation at compile time.
#pragma once

#include "carousel/recurrent/fused/graph.h"

namespace carousel::fused {

inline constexpr int max_gradient_nodes = 512;
using GradientGraph = Graph<max_gradient_nodes>;

/// Walks a graph from its results to its leaves and adds the nodes of the derivative to it.
///
/// For every node x, the adjoint is dL/dx: the sum, over the nodes that use x, of their adjoint times the
/// local derivative. Derivatives at kinks are torch's: relu and abs have slope 0 at 0, max and min share
/// equally between equal arguments. At NaN relu, and max and min in both arguments, have slope 1.
class Derivation {
 public:
  /// `graph` already holds the step, its first `graph.count` nodes.
  constexpr explicit Derivation(GradientGraph& graph) : graph_(graph), forward_(graph.count) {
    adjoints_.fill(-1);
  }

  /// Adds `term` to the adjoint of node `id`.
  constexpr void add(int id, int term) {
    int& adjoint = adjoints_[static_cast<std::size_t>(id)];
    adjoint = adjoint < 0 ? term : make(Op::add, adjoint, term);
  }

  /// Derives; to be called when the adjoints of the results are in place.
  constexpr void run() {
    for (int id = forward_ - 1; id >= 0; --id) {
      if (adjoint(id) >= 0) propagate(id, adjoint(id));
    }
  }

  /// The node that holds dL/d(node id), or -1 when no gradient reaches it.
  constexpr int adjoint(int id) const { return adjoints_[static_cast<std::size_t>(id)]; }

 private:
  constexpr int make(Op op, int a, int b = -1, int c = -1) { return graph_.add({op, a, b, c}); }
  constexpr int number(double value) { return graph_.add({.op = Op::constant, .value = value}); }

  constexpr void propagate(int id, int g) {
    const Node node = graph_[id];  // a copy: adding nodes may not disturb it
    const int a = node.a, b = node.b;
    switch (node.op) {
      case Op::leaf:
      case Op::constant:
        break;
      case Op::add:
        add(a, g), add(b, g);
        break;
      case Op::sub:
        add(a, g), add(b, make(Op::neg, g));
        break;
      case Op::mul: {
        const int to_a = make(Op::mul, g, b), to_b = make(Op::mul, g, a);
        add(a, to_a), add(b, to_b);
        break;
      }
      case Op::div:
        add(a, make(Op::div, g, b));
        add(b, make(Op::neg, make(Op::div, make(Op::mul, g, id), b)));
        break;
      case Op::min:
        add(a, make(Op::pass_greater, b, a, g)), add(b, make(Op::pass_greater, a, b, g));
        break;
      case Op::max:
        add(a, make(Op::pass_greater, a, b, g)), add(b, make(Op::pass_greater, b, a, g));
        break;
      default:
        add(a, make_unary(node.op, id, a, g));
    }
  }

  // The adjoint that a function y = f(x) hands on to x.
  constexpr int make_unary(Op op, int y, int x, int g) {
    switch (op) {
      case Op::neg:
        return make(Op::neg, g);
      case Op::sigmoid:
        return make(Op::mul, g, make(Op::mul, y, make(Op::sub, number(1.0), y)));
      case Op::tanh:
        return make(Op::mul, g, make(Op::sub, number(1.0), make(Op::square, y)));
      case Op::exp:
        return make(Op::mul, g, y);
      case Op::log:
        return make(Op::div, g, x);
      case Op::relu:
        return make(Op::pass_positive, y, g);
      case Op::softplus:
        return make(Op::mul, g, make(Op::softplus_slope, x));
      case Op::abs:
        return make(Op::pass_sign, x, g);
      case Op::sqrt:
        return make(Op::div, g, make(Op::add, y, y));
      case Op::square:
        return make(Op::mul, g, make(Op::add, x, x));
      default:
        throw "an operation without a derivative";
    }
  }

  GradientGraph& graph_;
  int forward_;
  std::array<int, max_gradient_nodes> adjoints_{};
};

}  // namespace carousel::fused
