// Trajectories and one-step Jacobians, held against autograd.
#include "carousel/error.h"

#include "flow_support.h"
#include "support/error_of.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

class EveryCell : public ::testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<RecurrentBase> make(const RecurrentOptions& options) const {
    torch::manual_seed(4);
    return CellRegistry::with_built_in().make(GetParam(), options);
  }
};
INSTANTIATE_TEST_SUITE_P(BuiltIn, EveryCell, ::testing::ValuesIn(built_in_cells()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

// One step of the module itself, differentiated by autograd: [S H, S H].
Tensor jacobian_of(RecurrentBase& module, const Tensor& row, const std::vector<Tensor>& state) {
  std::vector<Tensor> leaves;
  for (const auto& s : state) leaves.push_back(s.detach().view({1, 1, -1}).clone().requires_grad_());
  const auto next = module.run({row.view({1, -1}), {1}}, leaves).states;
  std::vector<Tensor> rows;
  for (const auto& s : next) {
    for (std::int64_t unit = 0; unit < s.size(2); ++unit) {
      auto parts = torch::autograd::grad({s[0][0][unit]}, leaves, {}, true, false, true);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i] = parts[i].defined() ? parts[i].flatten() : torch::zeros({s.size(2)}, torch::kDouble);
      }
      rows.push_back(torch::cat(parts));
    }
  }
  return torch::stack(rows);
}

TEST_P(EveryCell, HasTheOneStepJacobiansOfAutograd) {
  const auto module = make(RecurrentOptions(3, 5).engine(Engine::loop));
  const Followed followed(*module, random_rows(6, 2, 3));
  const auto& layer = followed.layers[0];
  for (std::int64_t t = 0; t < 6; ++t) {
    std::vector<Tensor> state;
    for (const auto& s : layer.states) state.push_back(s[t][1]);
    const auto expected = jacobian_of(*followed.copy, layer.input[t][1], state);
    EXPECT_LE(difference(followed.jacobians[0].matrix(t, 1), expected), 1e-12) << "step " << t;
    const auto q = torch::randn({expected.size(0), 3}, torch::kDouble);
    EXPECT_LE(difference(followed.jacobians[0].times(t, 1, q), expected.matmul(q)), 1e-12) << "step " << t;
  }
}

TEST_P(EveryCell, SendsManyGradientsBackByTheTransposedJacobian) {
  const auto module = make(RecurrentOptions(3, 4));
  const Followed followed(*module, random_rows(5, 2, 3));
  const auto& jacobians = followed.jacobians[0];
  const auto states = static_cast<std::int64_t>(module->facts().states.size());
  const auto v = torch::randn({states, 3, 2, 4}, torch::kDouble);
  if (!jacobians.elementwise()) {
    EXPECT_NE(error_of([&] { jacobians.pull_back(1, v); }), "");
    return;
  }
  const auto pulled = jacobians.pull_back(1, v);
  for (std::int64_t i = 0; i < 3; ++i) {
    for (std::int64_t b = 0; b < 2; ++b) {
      const auto at = [&](const Tensor& x) { return x.select(1, i).select(1, b).flatten(); };
      EXPECT_LE(difference(at(pulled.previous), jacobians.matrix(1 + i, b).t().matmul(at(v))), 1e-12);
    }
  }
}

// Two layers, two directions, sequences of different lengths: the outputs are those of the module, and the
// gradient that enters each layer is that of its outputs.
TEST_P(EveryCell, IsFollowedAsTheModuleRuns) {
  const auto module = make(RecurrentOptions(3, 4).num_layers(2).bidirectional(true));
  const PackedBatch rows{torch::randn({9, 3}, torch::kDouble), {3, 2, 2, 1, 1}};
  std::vector<Tensor> initial;
  for (std::size_t s = 0; s < module->facts().states.size(); ++s) {
    initial.push_back(torch::rand({4, 3, 4}, torch::kDouble));
  }
  const Followed followed(*module, rows, loss_of_all, initial);
  const auto output = followed.copy->run(rows, initial).output.detach().requires_grad_();
  loss_of_all(output).backward();

  const auto& forward = followed.layers[2];
  const auto& reverse = followed.layers[3];
  EXPECT_EQ(forward.lengths, (std::vector<std::int64_t>{5, 3, 1}));
  const auto expect_same = [](const Tensor& a, const Tensor& b) { EXPECT_LE(difference(a, b), 1e-12); };
  // Sequence 1 has rows 1, 4 and 6; in reverse its own step 0 is row 6.
  for (const auto& [step, row] : {std::pair{0, 1}, {1, 4}, {2, 6}}) {
    expect_same(forward.states[0][step + 1][1], output[row].narrow(0, 0, 4));
    expect_same(reverse.states[0][2 - step + 1][1], output[row].narrow(0, 4, 4));
    expect_same(forward.entering[step][1], output.grad()[row].narrow(0, 0, 4));
    expect_same(reverse.entering[2 - step][1], output.grad()[row].narrow(0, 4, 4));
  }
  EXPECT_EQ(forward.entering[3][1].abs().sum().item<double>(), 0.0);
}

TEST(Follow, RefusesWhatCannotBeAnalysed) {
  const auto module = linear_network(1.0, 4);
  const auto follow_with = [&](LossOfOutput loss) {
    return error_of([&] { Followed(*module, random_rows(3, 2, 3), std::move(loss)); });
  };
  EXPECT_NE(follow_with([](const Tensor& y) { return y; }).find("one number"), std::string::npos);
  EXPECT_NE(follow_with([](const Tensor&) { return torch::ones({}); }).find("does not depend"),
            std::string::npos);
  const torch::NoGradGuard no_grad;
  module->weights({}).weight_hh.fill_(1e300);
  EXPECT_NE(follow_with(loss_of_all).find("not finite"), std::string::npos);
}

TEST(Follow, LeavesTheModuleAsItWas) {
  const auto module = linear_network(1.0, 4);
  const auto before = module->weights({}).weight_hh.detach().clone();
  const Followed followed(*module, random_rows(3, 2, 3));
  EXPECT_TRUE(torch::equal(module->weights({}).weight_hh, before));
  EXPECT_FALSE(module->weights({}).weight_hh.grad().defined());
}

// The last steps alone: the states go on from what came before, and so do losses and outputs.
TEST(Follow, LooksAtTheLastStepsWithTheStateOfThoseBefore) {
  torch::manual_seed(5);
  Lstm lstm(RecurrentOptions(3, 4).num_layers(2));
  const PackedBatch rows{torch::randn({11, 3}, torch::kDouble), {3, 3, 2, 2, 1}};
  const Followed whole(*lstm, rows);
  auto copy = analysis_copy(*lstm);
  const auto tail = FollowedBatch{rows, {}, loss_of_all}.last_steps(*copy, 3);
  EXPECT_EQ(tail.rows.sizes, (std::vector<std::int64_t>{2, 2, 1}));
  const auto layers = follow(*copy, tail);
  for (std::size_t l = 0; l < 2; ++l) {
    EXPECT_LE(difference(layers[l].states[1][0], whole.layers[l].states[1][2].narrow(0, 0, 2)), 1e-12);
    EXPECT_LE(difference(layers[l].entering[2][0], whole.layers[l].entering[4][0]), 1e-12);
  }
}

}  // namespace
}  // namespace carousel::testing
