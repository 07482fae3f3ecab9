// What is recorded of a step, what its derivative is, and what is kept.
#include "carousel/recurrent/fused/plan.h"

#include <gtest/gtest.h>

#include "carousel/cells/gru.h"
#include "carousel/cells/lstm.h"
#include "carousel/cells/rnn.h"

namespace carousel::fused {
namespace {

// Computes sigmoid(a + b) twice and something that nobody uses.
struct RepetitiveCell {
  static constexpr const char* name = "repetitive";
  static constexpr std::array gates{"a", "b"};
  static constexpr std::array states{"h"};
  template <class V> static constexpr auto step(const Gates<V, 2>& pre, const States<V, 1>& previous) {
    const V once = sigmoid(pre[0] + pre[1]), again = sigmoid(pre[1] + pre[0]);
    [[maybe_unused]] const V unused = exp(pre[0]);
    return Stepped{States<V, 1>{once * again + previous[0]}, Gates<V, 2>{once, again}};
  }
};

template <class Plan> int live(const Plan& plan, const NodeSet& set, Op op) {
  int found = 0;
  for (int id = 0; id < plan.graph.count; ++id) {
    found += set[static_cast<std::size_t>(id)] && plan.graph[id].op == op && !plan.is_saved(id);
  }
  return found;
}

template <class Plan> std::vector<Op> saved_operations(const Plan& plan) {
  std::vector<Op> ops;
  for (std::size_t k = 0; k < plan.slots; ++k) ops.push_back(plan.graph[plan.saved[k]].op);
  return ops;
}

TEST(StepPlan, CommonSubexpressionsAreFoundOnceAndDeadOnesCostNothing) {
  constexpr const auto& plan = plan_of<RepetitiveCell>;
  int sigmoids = 0;
  for (int id = 0; id < plan.forward_count; ++id) sigmoids += plan.graph[id].op == Op::sigmoid;
  EXPECT_EQ(sigmoids, 1);
  EXPECT_EQ(live(plan, plan.forward_live, Op::exp), 0);
}

TEST(StepPlan, TheLstmKeepsItsFourActivationsAndRecomputesOneTanh) {
  constexpr const auto& plan = plan_of<LstmCell>;
  EXPECT_EQ(saved_operations(plan), (std::vector{Op::sigmoid, Op::sigmoid, Op::tanh, Op::sigmoid}));
  EXPECT_EQ(live(plan, plan.backward_live, Op::sigmoid), 0);
  EXPECT_EQ(live(plan, plan.backward_live, Op::tanh), 1);
}

TEST(StepPlan, TheGruSeesOnlyItsCandidateApartAndRecomputesNoFunction) {
  constexpr const auto& plan = plan_of<GruCell>;
  EXPECT_EQ(plan.slots, 4u);
  EXPECT_EQ(plan.input_gate, (std::array<std::size_t, 3>{2, 0, 1}));
  EXPECT_EQ(plan.recurrent_gate, (std::array<std::size_t, 3>{0, 1, 2}));
  EXPECT_EQ(live(plan, plan.backward_live, Op::sigmoid) + live(plan, plan.backward_live, Op::tanh), 0);
}

TEST(StepPlan, TheRnnKeepsItsOutputAndComputesNoFunctionOnTheWayBack) {
  constexpr const auto& plan = plan_of<RnnCell>;
  EXPECT_EQ(saved_operations(plan), (std::vector{Op::tanh}));
  EXPECT_EQ(live(plan, plan.backward_live, Op::tanh), 0);
}

}  // namespace
}  // namespace carousel::fused
