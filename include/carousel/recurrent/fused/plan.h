// What a step's kernels keep in memory and what they compute anew, decided at compile time.
//
// For every time step the forward pass leaves one row of slots per sequence. It begins as the pre-activations
// that the matrix products write; the forward kernel may replace a pre-activation that the backward pass does
// not need by a value that is expensive to compute again (for the LSTM: all four gate activations). What the
// backward pass needs besides is recomputed from the slots, the states and the vectors.
//
// Slots lie so that both projections are contiguous: first the gates whose input projection is seen apart,
// then those that only see the sum, then those whose recurrent projection is seen apart.
//   LSTM   i f g o            input 0..3   recurrent 0..3
//   GRU    n_in r z n_rec     input 0..2   recurrent 1..3
#pragma once

#include "carousel/recurrent/fused/derive.h"
#include "carousel/recurrent/fused/symbol.h"

namespace carousel::fused {

using NodeSet = std::array<bool, max_gradient_nodes>;

template <std::size_t S, std::size_t G, std::size_t P> struct StepPlan {
  GradientGraph graph;                        ///< the step, then its derivative
  int forward_count = 0;                      ///< nodes of the step alone
  std::size_t slots = 0;                      ///< G, and one more for every gate seen apart
  std::array<std::size_t, G> input_gate;      ///< gate of slot k
  std::array<std::size_t, G> recurrent_gate;  ///< gate of slot (slots - G + k)
  std::array<int, 2 * G> slot_leaf;           ///< node of a slot's pre-activation
  std::array<int, 2 * G> saved;               ///< node whose value the forward kernel leaves in a slot

  std::array<int, S> states, state_adjoint, previous_adjoint;
  std::array<int, G> gates;
  std::array<int, 2 * G> slot_adjoint;
  std::array<int, P> vector_adjoint;

  NodeSet forward_live{}, backward_live{};

  constexpr bool is_saved(int id) const {
    for (std::size_t k = 0; k < slots; ++k) {
      if (saved[k] == id) return true;
    }
    return false;
  }
  constexpr std::size_t slot_of(int id) const {
    for (std::size_t k = 0; k < slots; ++k) {
      if (saved[k] == id) return k;
    }
    return slots;
  }
};

namespace detail {

/// Marks everything that the marked nodes are computed from; a saved node is loaded, not computed.
template <class Plan> constexpr void mark_operands(const Plan& plan, NodeSet& live, bool load_saved) {
  for (int id = plan.graph.count - 1; id >= 0; --id) {
    const Node& node = plan.graph[id];
    if (!live[static_cast<std::size_t>(id)] || !has_operands(node)) continue;
    if (load_saved && plan.is_saved(id)) continue;
    for (const int operand : {node.a, node.b, node.c}) {
      if (operand >= 0) live[static_cast<std::size_t>(operand)] = true;
    }
  }
}

template <std::size_t N>
constexpr void mark(NodeSet& live, const std::array<int, N>& ids, std::size_t count = N) {
  for (std::size_t i = 0; i < count; ++i) {
    if (ids[i] >= 0) live[static_cast<std::size_t>(ids[i])] = true;
  }
}

template <class Plan> constexpr NodeSet backward_needs(const Plan& plan) {
  NodeSet live{};
  mark(live, plan.slot_adjoint, plan.slots);
  mark(live, plan.previous_adjoint);
  mark(live, plan.vector_adjoint);
  mark(live, plan.state_adjoint);
  mark_operands(plan, live, true);
  return live;
}

/// Cost of the backward kernel under the plan's choice of saved values; -1 when a value is lost.
template <class Plan> constexpr int backward_cost(const Plan& plan) {
  const NodeSet live = backward_needs(plan);
  int total = 0;
  for (int id = 0; id < plan.graph.count; ++id) {
    const Node& node = plan.graph[id];
    if (!live[static_cast<std::size_t>(id)] || plan.is_saved(id)) continue;
    if (node == leaf(Leaf::slot, static_cast<std::size_t>(node.b))) return -1;
    total += cost(node.op);
  }
  return total;
}

/// The cost with `id` in the first slot that can take it, which is returned too; -1 when none can.
template <class Plan> constexpr std::pair<int, std::size_t> cost_with(Plan& plan, int id) {
  for (std::size_t k = 0; k < plan.slots; ++k) {
    if (plan.saved[k] != plan.slot_leaf[k]) continue;
    plan.saved[k] = id;
    const int total = backward_cost(plan);
    plan.saved[k] = plan.slot_leaf[k];
    if (total >= 0) return {total, k};
  }
  return {-1, 0};
}

/// Greedy: puts the value into a slot that saves most, as long as something is saved.
template <class Plan> constexpr void choose_saved(Plan& plan) {
  for (int best_cost = backward_cost(plan);;) {
    const NodeSet needed = backward_needs(plan);
    int best_id = -1;
    std::size_t best_slot = 0;
    for (int id = 0; id < plan.forward_count; ++id) {
      if (cost(plan.graph[id].op) <= 1 || !needed[static_cast<std::size_t>(id)] || plan.is_saved(id))
        continue;
      const auto [total, slot] = cost_with(plan, id);
      if (total >= 0 && total < best_cost) best_cost = total, best_id = id, best_slot = slot;
    }
    if (best_id < 0) return;
    plan.saved[best_slot] = best_id;
  }
}

/// The node that adds a gate's two projections, when nothing else looks at either; else -1.
template <class R> constexpr int sum_of_projections(const R& recorded, int input, int recurrent) {
  const auto& graph = recorded.graph;
  if (graph.uses(input) != 1 || graph.uses(recurrent) != 1) return -1;
  for (int id = 0; id < graph.count; ++id) {
    if (graph[id] == Node{Op::add, input, recurrent}) return id;
  }
  return -1;
}

/// Lays out the slots; the nodes that the matrix products compute become leaves.
template <class Cell, class Plan, class R> constexpr void lay_out_slots(Plan& plan, const R& recorded) {
  constexpr std::size_t G = gate_count<Cell>;
  const auto place = [&](int id) {
    plan.slot_leaf[plan.slots] = id;
    plan.graph[id] = leaf(Leaf::slot, plan.slots++);
  };
  std::array<int, G> sums{};
  for (std::size_t g = 0; g < G; ++g) {
    const int input = static_cast<int>(g), recurrent = static_cast<int>(G + g);  // record() adds them first
    sums[g] = separate_projections<Cell> ? sum_of_projections(recorded, input, recurrent) : input;
  }
  for (const bool summed : {false, true}) {
    for (std::size_t g = 0; g < G; ++g) {
      if ((sums[g] >= 0) != summed) continue;
      plan.input_gate[plan.slots] = g;
      place(summed ? sums[g] : static_cast<int>(g));
    }
  }
  std::size_t k = 0;
  for (const bool summed : {true, false}) {
    for (std::size_t g = 0; g < G; ++g) {
      if ((sums[g] >= 0) != summed) continue;
      plan.recurrent_gate[k++] = g;
      if (!summed) place(static_cast<int>(G + g));
    }
  }
  plan.saved = plan.slot_leaf;
}

}  // namespace detail

/// Records a cell's step, derives its backward pass and decides what is kept.
template <class Cell> constexpr auto make_plan() {
  constexpr std::size_t G = gate_count<Cell>, S = state_count<Cell>, P = vector_count<Cell>;
  constexpr auto recorded = record<Cell>();
  StepPlan<S, G, P> plan{};
  for (int id = 0; id < recorded.graph.count; ++id) plan.graph[id] = recorded.graph[id];
  plan.graph.count = plan.forward_count = recorded.graph.count;
  plan.states = recorded.states;
  plan.gates = recorded.gates;
  detail::lay_out_slots<Cell>(plan, recorded);

  Derivation derivation(plan.graph);
  for (std::size_t s = 0; s < S; ++s) {
    derivation.add(plan.states[s], plan.graph.add(leaf(Leaf::gradient, s)));
  }
  derivation.run();
  const auto first_previous = static_cast<int>(separate_projections<Cell> ? 2 * G : G);
  for (std::size_t s = 0; s < S; ++s) {
    plan.state_adjoint[s] = derivation.adjoint(plan.states[s]);
    plan.previous_adjoint[s] = derivation.adjoint(first_previous + static_cast<int>(s));
  }
  for (std::size_t p = 0; p < P; ++p) {
    plan.vector_adjoint[p] = derivation.adjoint(first_previous + static_cast<int>(S + p));
  }
  for (std::size_t k = 0; k < plan.slots; ++k) plan.slot_adjoint[k] = derivation.adjoint(plan.slot_leaf[k]);

  detail::choose_saved(plan);
  plan.backward_live = detail::backward_needs(plan);
  detail::mark(plan.forward_live, plan.states);
  detail::mark(plan.forward_live, plan.gates);
  detail::mark(plan.forward_live, plan.saved, plan.slots);
  detail::mark_operands(plan, plan.forward_live, false);
  return plan;
}

template <class Cell> inline constexpr auto plan_of = make_plan<Cell>();

}  // namespace carousel::fused
