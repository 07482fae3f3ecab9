// Initial states that are parameters: what is given where nothing is given, on every way in.
#include <gmock/gmock.h>

#include "carousel/flow/trajectory.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/recurrent/stream.h"
#include "carousel/torch.h"

#include "support/error_of.h"
#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

/// Positive numbers as learned states: zeros, which they begin as, would hide a mistake.
void draw_start(const RecurrentBase& module) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : module.named_parameters()) {
    if (parameter.key().starts_with("start_")) parameter.value().uniform_(0.5, 1.5);
  }
}

std::vector<RecurrentOptions> layouts(Engine engine) {
  const auto base = RecurrentOptions(3, 5).learn_start(true).engine(engine);
  auto deep = base, both = base;
  return {base, deep.num_layers(2), both.num_layers(2).bidirectional(true)};
}

/// Gradients of what a module makes of x: of its parameters, and of the states given, if any.
std::vector<Tensor> gradients(RecurrentBase& module, const Tensor& x, std::vector<Tensor> initial) {
  const auto [output, states] = module.run_padded(x, initial);
  auto loss = output.square().sum();
  for (const auto& state : states) loss = loss + state.sin().sum();
  auto inputs = initial.empty() ? module.parameters() : initial;
  return torch::autograd::grad({loss}, inputs, {}, {}, false, /*allow_unused=*/true);
}

TEST(LearnedStart, GivesWhatTheSameStatesGivenDoWithTheirGradientsSummedOverTheBatch) {
  torch::manual_seed(1);
  const auto cells = CellRegistry::with_built_in();
  for (const auto& name : cells.names()) {
    const bool fused = cells.find(name).has_kernels;
    for (const Engine engine : {Engine::loop, Engine::fused}) {
      if (engine == Engine::fused && !fused) continue;
      for (const auto& options : layouts(name.starts_with("torch-") ? Engine::torch : engine)) {
        const auto module = cells.make(name, options);
        module->to(torch::kDouble);
        draw_start(*module);
        const auto x = torch::randn({4, 2, 3}, torch::kDouble);
        std::vector<Tensor> given;
        for (const auto& state : module->start(2)) given.push_back(state.detach().clone().requires_grad_());
        EXPECT_TRUE(module->run_padded(x, {}).first.equal(module->run_padded(x, given).first)) << name;
        const auto learned = gradients(*module, x, {}), of_given = gradients(*module, x, given);
        const std::size_t rows = module->layers().size();
        for (std::size_t s = 0; s < given.size(); ++s) {
          for (std::size_t i = 0; i < rows; ++i) {
            const auto expected = of_given[s][static_cast<std::int64_t>(i)].sum(0);
            EXPECT_LE(difference(learned[s * rows + i], expected), 1e-12) << name << s << i;
          }
        }
        if (name == "sru") continue;  // nothing reads its h: what it remembers is c
        EXPECT_GT(of_given[0].abs().max().item<double>(), 0.0) << name;
      }
    }
  }
}

TEST(LearnedStart, IsZerosAtFirstAndChangesNoDrawOfASeed) {
  const auto cells = CellRegistry::with_built_in();
  for (const auto& name : cells.names()) {
    torch::manual_seed(7);
    const auto plain = cells.make(name, RecurrentOptions(3, 5).num_layers(2));
    torch::manual_seed(7);
    const auto learned = cells.make(name, RecurrentOptions(3, 5).num_layers(2).learn_start(true));
    const auto mine = learned->all_weights(), theirs = plain->all_weights();
    ASSERT_EQ(mine.size(), theirs.size()) << name;
    for (std::size_t i = 0; i < mine.size(); ++i) EXPECT_TRUE(mine[i].equal(theirs[i])) << name;
    for (const auto& state : learned->start(3)) EXPECT_EQ(state.abs().max().item<float>(), 0.0F) << name;
    draw_start(*learned);
    learned->reset_parameters();
    for (const auto& state : learned->start(3)) EXPECT_EQ(state.abs().max().item<float>(), 0.0F) << name;
  }
}

TEST(LearnedStart, IsInPackedSequencesStreamsClonesAndAnalyses) {
  torch::manual_seed(1);
  Lstm lstm(RecurrentOptions(3, 5).num_layers(2).learn_start(true));
  draw_start(*lstm);
  const auto x = torch::randn({4, 2, 3});
  const auto whole = lstm->run_padded(x, {}).first;

  const auto packed = torch::nn::utils::rnn::pack_padded_sequence(x, torch::tensor({2, 4}), false, false);
  const auto ends = lstm->run_packed(packed, {}).second.front()[1];
  EXPECT_LE(difference(ends, torch::stack({whole[1][0], whole[3][1]})), 1e-6);

  RecurrentStream stream(*lstm);
  for (int again = 0; again < 2; ++again, stream.restart())
    EXPECT_LE(difference(stream.step(x[0][0]), whole[0][0]), 1e-6);

  const auto copy = std::dynamic_pointer_cast<RecurrentBase>(lstm->clone());
  EXPECT_TRUE(copy->run_padded(x, {}).first.equal(whole));

  const auto layers =
      follow(*analysis_copy(*lstm), {.rows = {x.flatten(0, 1).to(torch::kDouble), {2, 2, 2, 2}},
                                     .loss = [](const Tensor& rows) { return rows.sum(); }});
  for (std::size_t s = 0; s < 2; ++s)
    EXPECT_LE(difference(layers[1].states[s][0], lstm->start(2)[s][1].to(torch::kDouble)), 1e-6);

  const auto nothing = lstm->run_padded(x.narrow(0, 0, 0), {}).second;
  EXPECT_TRUE(nothing[1].equal(lstm->start(2)[1])) << "of no steps the state is the one before them";
}

TEST(LearnedStart, OfAnotherShapeIsRefused) {
  Gru gru(RecurrentOptions(3, 5).learn_start(true));
  for (auto& parameter : gru->named_parameters()) {
    if (parameter.key() == "start_h_l0") parameter.value().set_data(torch::zeros({4}));
  }
  EXPECT_THAT(error_of([&] { gru->run_padded(torch::zeros({1, 1, 3}), {}); }),
              ::testing::HasSubstr("start_h_l0 of gru has shape [4]: it must be [5]"));
}

}  // namespace
}  // namespace carousel::testing
