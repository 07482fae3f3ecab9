// A step as a graph of operations, built at compile time.
//
// Nodes are in order of evaluation: an operand always comes before the node that uses it. Equal nodes are
// found when they are added, so a common subexpression exists once. This header needs no tensor.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

namespace carousel::fused {

enum class Op : std::uint8_t {
  leaf,      ///< something given: what kind in `a`, which one in `b`
  constant,  ///< `value`
  add,
  sub,
  mul,
  div,
  neg,
  sigmoid,
  tanh,
  exp,
  log,
  relu,
  softplus,
  abs,
  min,
  max,
  sqrt,
  square,
  // What derivatives need besides; a step cannot write these.
  pass_positive,   ///< a <= 0 ? 0 : b
  pass_sign,       ///< a > 0 ? b : a < 0 ? -b : 0
  pass_greater,    ///< a < b ? 0 : a == b ? c / 2 : c
  softplus_slope,  ///< the derivative of softplus at a
};

/// What a leaf stands for.
enum class Leaf : std::uint8_t {
  input,      ///< input projection of a gate
  recurrent,  ///< recurrent projection of a gate, for cells that see it apart
  slot,       ///< one of the pre-activations that are kept in memory (plan.h)
  previous,   ///< previous state
  vector,     ///< learned vector
  gradient,   ///< dL/d(new state) from outside the step
  noise,      ///< what the write gate's activation is multiplied by (DroppedUpdate)
};

struct Node {
  Op op = Op::constant;
  int a = -1, b = -1, c = -1;
  double value = 0.0;

  friend constexpr bool operator==(const Node&, const Node&) = default;
};

constexpr Node leaf(Leaf kind, std::size_t index) {
  return {Op::leaf, static_cast<int>(kind), static_cast<int>(index)};
}

/// Whether the operand fields of a node refer to other nodes.
constexpr bool has_operands(const Node& node) {
  return node.op != Op::leaf && node.op != Op::constant;
}

/// Relative cost of a node in a kernel, in units of an addition.
constexpr int cost(Op op) {
  switch (op) {
    case Op::leaf:
    case Op::constant:
      return 0;
    case Op::div:
    case Op::sqrt:
      return 6;
    case Op::sigmoid:
    case Op::tanh:
    case Op::exp:
    case Op::log:
    case Op::softplus_slope:
      return 24;
    case Op::softplus:
      return 40;
    default:
      return 1;
  }
}

template <int Capacity> struct Graph {
  std::array<Node, Capacity> nodes{};
  int count = 0;
  bool overflowed =
      false;  ///< whether a node found no place: the graph is then none, and is refused (recurrent/readings.h)

  /// The number of this node: an equal one that is already there, or a new one.
  constexpr int add(Node node) {
    const bool commutes = node.op == Op::add || node.op == Op::mul;
    if (commutes && node.a > node.b) std::swap(node.a, node.b);
    for (int i = 0; i < count; ++i) {
      if (nodes[static_cast<std::size_t>(i)] == node) return i;
    }
    if (count == Capacity) {
      overflowed = true;
      return 0;
    }
    nodes[static_cast<std::size_t>(count)] = node;
    return count++;
  }

  constexpr const Node& operator[](int i) const { return nodes[static_cast<std::size_t>(i)]; }
  constexpr Node& operator[](int i) { return nodes[static_cast<std::size_t>(i)]; }

  /// How many operands refer to node `id`.
  constexpr int uses(int id) const {
    int found = 0;
    for (int i = 0; i < count; ++i) {
      const Node& node = (*this)[i];
      if (has_operands(node)) found += (node.a == id) + (node.b == id) + (node.c == id);
    }
    return found;
  }
};

}  // namespace carousel::fused
