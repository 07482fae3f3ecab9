// Sequences that begin anew inside a batch: what a reset is, on both engines, and in every reading.
#include <gmock/gmock.h>

#include "carousel/flow/jacobian.h"
#include "carousel/flow/recorder.h"
#include "carousel/flow/trajectory.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/stream.h"
#include "carousel/recurrent/truncated.h"
#include "carousel/torch.h"

#include "recurrent/engine_pass.h"
#include "support/error_of.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

constexpr std::int64_t reset_units = 38;

std::vector<std::string> own_cells() {
  std::vector<std::string> own;
  for (const auto& name : CellRegistry::with_built_in().names()) {
    if (!name.starts_with("torch-")) own.push_back(name);
  }
  return own;
}

std::shared_ptr<RecurrentBase> in_double(const std::string& cell, const RecurrentOptions& options) {
  const auto module = CellRegistry::with_built_in().make(cell, options);
  module->to(torch::kDouble);
  draw_starts(*module);
  return module;
}

/// Every sequence begins anew before step `at`.
Tensor all_at(std::int64_t steps, std::int64_t sequences, std::int64_t at) {
  auto marks = torch::zeros({steps, sequences}, torch::kBool);
  marks[at].fill_(true);
  return marks;
}

TEST(Resets, AreTheSameOnBothEnginesForEveryCell) {
  const auto cells = CellRegistry::with_built_in();
  for (const auto& name : own_cells()) {
    if (!cells.find(name).has_kernels) continue;
    for (const char* form : {"full", "heads:2", "diagonal", "none"}) {
      for (const bool both : {false, true}) {
        for (const bool learned : {false, true}) {
          SCOPED_TRACE(fmt::format("{} {} {} {}", name, form, both, learned));
          torch::manual_seed(1);
          const auto module = in_double(name, RecurrentOptions(3, reset_units)
                                                  .num_layers(2)
                                                  .bidirectional(both)
                                                  .learn_start(learned)
                                                  .save_memory(both != learned)
                                                  .recurrence(Recurrence::parse(form)));
          const PackedBatch batch{
              torch::randn({19, 3}, torch::kDouble), {5, 5, 4, 2, 2, 1}, torch::rand({19}) < 0.4};
          const auto initial = both ? states_for(*module, 5) : std::vector<Tensor>{};
          expect_equal(engine_pass(*module, Engine::fused, batch, initial),
                       engine_pass(*module, Engine::loop, batch, initial), 1e-12);
        }
      }
    }
  }
}

TEST(Resets, MakeASequenceOfPiecesThatWereRunApartBitForBitOnTheLoopEngine) {
  torch::manual_seed(1);
  for (const auto& name : own_cells()) {
    for (const bool both : {false, true}) {
      SCOPED_TRACE(name);
      const auto module =
          in_double(name, RecurrentOptions(3, 5).engine(Engine::loop).bidirectional(both).learn_start(both));
      const auto x = torch::randn({7, 2, 3}, torch::kDouble);
      const auto whole = module->run_padded(x, {}, all_at(7, 2, 3)).first;
      const auto first = module->run_padded(x.narrow(0, 0, 3), {}).first,
                 second = module->run_padded(x.narrow(0, 3, 4), {}).first;
      EXPECT_TRUE(whole.equal(torch::cat({first, second})));
    }
  }
}

TEST(Resets, LetExactlyNoGradientAcross) {
  torch::manual_seed(1);
  for (const auto& name : own_cells()) {
    for (const Engine engine : {Engine::loop, Engine::automatic}) {
      SCOPED_TRACE(name);
      const auto module = in_double(name, RecurrentOptions(3, 5).num_layers(2).engine(engine));
      auto x = torch::randn({6, 2, 3}, torch::kDouble).requires_grad_();
      std::vector<Tensor> initial;
      for (auto& state : states_for(*module, 2)) initial.push_back(state.requires_grad_());
      auto marks = torch::zeros({6, 2}, torch::kBool);
      marks[2][0] = marks[4][1] = true;
      const auto output = module->run_padded(x, initial, marks).first;
      std::vector<Tensor> inputs{x};
      inputs.insert(inputs.end(), initial.begin(), initial.end());
      const auto found =
          torch::autograd::grad({output[5].square().sum()}, inputs, {}, {}, false, /*allow_unused=*/true);
      const auto norms = found[0].norm(2, {2}).contiguous();
      const bool may_be_dead = name == "relu-rnn" || name == "irnn";
      for (std::int64_t t = 0; t < 6; ++t) {
        for (const std::int64_t b : {0, 1}) {
          const bool before = t < (b == 0 ? 2 : 4), none = norms[t][b].item<double>() == 0.0;
          if (before || !may_be_dead) {
            EXPECT_EQ(none, before) << t << " " << b;
          }
        }
      }
      for (std::size_t s = 1; s < found.size(); ++s)
        EXPECT_EQ(found[s].abs().max().item<double>(), 0.0) << "initial state " << s;
    }
  }
}

TEST(Resets, ReplaceTheStateByTheLearnedStartAndGiveItTheirGradient) {
  torch::manual_seed(1);
  const auto module = in_double("lstm", RecurrentOptions(3, 5).learn_start(true));
  const auto x = torch::randn({4, 2, 3}, torch::kDouble), given = torch::zeros({1, 2, 5}, torch::kDouble);
  const auto gradient_of = [&](const Tensor& output) {
    return torch::autograd::grad({output.square().sum()}, module->parameters(), {}, {}, false, true)[0];
  };
  const auto reset = module->run_padded(x, {given, given}, all_at(4, 2, 2)).first.narrow(0, 2, 2);
  const auto apart = module->run_padded(x.narrow(0, 2, 2), {}).first;
  EXPECT_LE(difference(reset, apart), 1e-13);
  const auto expected = gradient_of(apart);
  EXPECT_LE(difference(gradient_of(reset), expected), 1e-13);
  EXPECT_GT(expected.abs().max().item<double>(), 0.0);
}

TEST(Resets, CutTheRecordedCurvesSoThatTheReachIsThatOfTheSegment) {
  torch::manual_seed(1);
  for (const Engine engine : {Engine::loop, Engine::fused}) {
    const auto module = in_double("lstm", RecurrentOptions(3, 5).engine(engine));
    const auto recorder = std::make_shared<FlowRecorder>();
    module->observe(recorder);
    module->run_padded(torch::randn({9, 2, 3}, torch::kDouble), {}, all_at(9, 2, 4))
        .first[8]
        .square()
        .sum()
        .backward();
    const auto record = recorder->take();
    EXPECT_THAT(record.resets, ::testing::ElementsAre(0, 0, 0, 0, 1, 0, 0, 0, 0));
    module->run_padded(torch::zeros({2, 2, 3}, torch::kDouble), {}, torch::zeros({2, 2}, torch::kBool));
    EXPECT_TRUE(recorder->take().resets.empty()) << "no mark is no reset";
    ASSERT_TRUE(record.reach());
    EXPECT_EQ(record.reach()->steps, 4);
    const auto& h = record.layers[0].gradient_log10[0];
    for (std::size_t t = 0; t < 9; ++t) EXPECT_EQ(std::isinf(h[t]), t < 4) << t;
  }
}

TEST(Resets, AreInTruncatedSegmentsStreamsAndAnalyses) {
  torch::manual_seed(1);
  const auto module = in_double("gru", RecurrentOptions(3, 5).num_layers(2));
  const auto x = torch::randn({6, 2, 3}, torch::kDouble);
  const PackedBatch batch{x.flatten(0, 1), {2, 2, 2, 2, 2, 2}, all_at(6, 2, 3).flatten()};
  const auto whole = module->run(batch, {}).output;
  EXPECT_LE(difference(run_truncated(*module, batch, {}, 2).output, whole), 1e-14);

  RecurrentStream stream(*module);
  for (std::int64_t t = 0; t < 6; ++t) {
    if (t == 3) stream.restart();
    EXPECT_LE(difference(stream.step(x[t][0]), whole[2 * t]), 1e-13) << t;
  }

  const auto copy = analysis_copy(*module);
  const auto layers = follow(*copy, {.rows = batch, .loss = [](const Tensor& rows) { return rows.sum(); }});
  EXPECT_LE(difference(layers[1].states[0][6], whole.narrow(0, 10, 2)), 1e-13);
  const StepJacobians jacobians(*copy, layers[1]);
  EXPECT_EQ(jacobians.matrix(3, 0).abs().max().item<double>(), 0.0);
  EXPECT_GT(jacobians.matrix(2, 0).abs().max().item<double>(), 0.0);
}

TEST(Resets, ThatDoNotFitAreRefusedInASentence) {
  using ::testing::HasSubstr;
  const auto module = in_double("lstm", RecurrentOptions(3, 5).batch_first(true));
  const auto x = torch::zeros({2, 6, 3}, torch::kDouble);
  EXPECT_THAT(
      error_of([&] { module->run_padded(x, {}, torch::zeros({6, 2}, torch::kBool)); }),
      HasSubstr("the resets of lstm have shape [6, 2]: they must be bool [B, T], here of 6 steps and 2"));
  EXPECT_THAT(error_of([&] { module->run_padded(x, {}, torch::zeros({2, 6})); }),
              HasSubstr("the resets of lstm are Float of shape [12]: they must be bool"));
}

}  // namespace
}  // namespace carousel::testing
