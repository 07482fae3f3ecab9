// A cell without its type is the same network as with it.
#include "carousel/recurrent/recorded_recurrent.h"

#include <gtest/gtest.h>

#include "carousel/recurrent/recurrent.h"

#include "recurrent/engine_pass.h"

namespace carousel::testing {
namespace {

template <class Cell> class RecordedCells : public ::testing::Test {};

using SomeCells = ::testing::Types<RnnCell, GruCell, LstmCell, PeepholeLstmCell, SlstmCell, LeakyRnnCell,
                                   MinGruCell, SruCell, IndRnnCell, ParaLstmCell, RgLruCell, CornnCell>;
TYPED_TEST_SUITE(RecordedCells, SomeCells);

/// Two layers, both directions, and all the noise that the cell can have.
template <class Cell> RecurrentOptions recorded_options() {
  constexpr CellFacts facts = facts_of<Cell>();
  const bool reads_h = facts.recurrence.form != Recurrence::Form::none;
  return RecurrentOptions(3, 5).num_layers(2).bidirectional(true).learn_start(true).noise(
      {.hidden = reads_h ? 0.3 : 0.0, .input = 0.2, .update = facts.write_gate >= 0 ? 0.2 : 0.0});
}

/// Both modules with the same weights, in double.
template <class Cell>
std::pair<std::shared_ptr<RecurrentBase>, std::shared_ptr<RecurrentBase>> twins(
    const RecurrentOptions& options) {
  torch::manual_seed(4);
  auto typed = std::make_shared<RecurrentImpl<Cell>>(options);
  torch::manual_seed(4);
  auto recorded = std::make_shared<RecordedRecurrentImpl>(recorded_cell<Cell>(), options);
  typed->to(torch::kDouble), recorded->to(torch::kDouble);
  draw_starts(*typed);
  auto theirs = typed->named_parameters();
  const torch::NoGradGuard no_grad;
  for (auto& parameter : recorded->named_parameters()) {
    if (parameter.key().starts_with("start_")) parameter.value().copy_(theirs[parameter.key()]);
  }
  return {typed, recorded};
}

TYPED_TEST(RecordedCells, DrawTheSameWeightsUnderTheSameNames) {
  const auto [typed, recorded] = twins<TypeParam>(recorded_options<TypeParam>());
  const auto theirs = typed->named_parameters(), ours = recorded->named_parameters();
  ASSERT_EQ(ours.keys(), theirs.keys());
  for (const auto& parameter : ours)
    EXPECT_TRUE(parameter.value().equal(theirs[parameter.key()])) << parameter.key();
}

TYPED_TEST(RecordedCells, EqualTheTypedModuleOnBothEnginesWithAllGradients) {
  const auto [typed, recorded] = twins<TypeParam>(recorded_options<TypeParam>());
  torch::manual_seed(6);
  const PackedBatch batch{torch::randn({9, 3}, torch::kDouble), {4, 3, 2}, torch::arange(9) % 4 == 3};
  const auto initial = states_for(*typed, 4);
  for (const Engine engine : {Engine::loop, Engine::fused}) {
    const auto theirs = engine_pass(*typed, engine, batch, initial);
    expect_equal(engine_pass(*recorded, engine, batch, initial), theirs, 1e-13);
  }
}

TYPED_TEST(RecordedCells, TakeTheSameStepsForAnalysis) {
  const auto [typed, recorded] = twins<TypeParam>(RecurrentOptions(3, 5));
  const auto theirs = typed->layer_steps({}), ours = recorded->layer_steps({});
  const auto x = torch::randn({2, 3}, torch::kDouble);
  std::vector<torch::Tensor> states;
  for (const auto& state : states_for(*typed, 2)) states.push_back(state[0]);
  const auto expected = theirs.step(theirs.project(x), states), got = ours.step(ours.project(x), states);
  for (std::size_t s = 0; s < states.size(); ++s)
    EXPECT_TRUE(got.states[s].allclose(expected.states[s], 1e-14, 1e-14));
  for (std::size_t g = 0; g < got.gates.size(); ++g)
    EXPECT_TRUE(got.gates[g].allclose(expected.gates[g], 1e-14, 1e-14));
}

TYPED_TEST(RecordedCells, CloneWithTheirWeightsAndShareNone) {
  const auto [typed, recorded] = twins<TypeParam>(RecurrentOptions(3, 5));
  const auto copy = std::dynamic_pointer_cast<RecordedRecurrentImpl>(recorded->clone());
  ASSERT_TRUE(copy);
  const auto before = recorded->all_weights().front().clone();
  const torch::NoGradGuard no_grad;
  copy->all_weights().front().zero_();
  EXPECT_TRUE(recorded->all_weights().front().equal(before));
}

}  // namespace
}  // namespace carousel::testing
