// What a recorder holds after backward passes of every kind: of gradients, in part, too late, none, many.
#include <cmath>

#include "carousel/flow/recorder.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/listening.h"

#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

std::shared_ptr<FlowRecorder> record(RecurrentBase& module) {
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  return recorder;
}

bool all_unmeasured(const FlowRecord& record) {
  return std::ranges::all_of(record.layers, [](const LayerFlow& layer) {
    return std::ranges::all_of(layer.gradient_log10, [](const auto& curve) {
      return std::ranges::all_of(curve, [](double v) { return std::isnan(v); });
    });
  });
}

/// Runs torch's GRU a step at a time, so that autograd can be asked for the gradient of every h_t.
std::vector<Tensor> states_of(torch::nn::GRU& gru, const Tensor& x) {
  std::vector<Tensor> states;
  Tensor h = torch::zeros({1, x.size(1), gru->options.hidden_size()}, x.options().requires_grad(false));
  for (const auto& row : x.split(1)) {
    h = std::get<1>(gru->forward(row, h));
    states.push_back(h);
  }
  return states;
}

TEST(RecorderPasses, GradientsOfAGradientPenaltyAreTorchsOnBothEngines) {
  torch::manual_seed(1);
  torch::nn::GRU theirs(3, 4);
  torch::manual_seed(1);
  Gru ours(3, 4);
  ours->to(torch::kDouble), theirs->to(torch::kDouble);
  const auto x = torch::randn({4, 2, 3}, torch::kDouble).requires_grad_();
  const auto losses = [&](const Tensor& output) {
    const auto loss = output.square().sum();
    const auto gradient = torch::autograd::grad({loss}, {x}, {}, true, /*create_graph=*/true)[0];
    return std::pair{loss, gradient.square().sum()};
  };
  const auto states = states_of(theirs, x);
  const auto [loss, penalty] = losses(torch::cat(states));
  const auto curve_of = [&](const Tensor& end) {
    std::vector<double> curve;
    for (const auto& gradient : torch::autograd::grad({end}, states, {}, true))
      curve.push_back(gradient.norm().item<double>());
    return curve;
  };
  const auto of_loss = curve_of(loss), of_penalty = curve_of(penalty), of_both = curve_of(loss + penalty);

  for (const auto engine : {Engine::loop, Engine::fused}) {
    SCOPED_TRACE(engine == Engine::loop ? "loop" : "fused");
    ours->options.engine(engine);
    const auto recorder = record(*ours);
    const auto expect = [&](const std::vector<double>& curve, const char* what) {
      const auto found = recorder->take();
      ASSERT_EQ(found.layers.size(), 1u) << what;
      for (std::size_t t = 0; t < 4; ++t)
        EXPECT_NEAR(found.layers[0].gradient_log10[0][t], std::log10(curve[t]), 1e-10) << what << " " << t;
    };
    losses(std::get<0>(ours->forward(x)));
    expect(of_loss, "a pass with create_graph");
    losses(std::get<0>(ours->forward(x))).second.backward();
    expect(of_penalty, "the penalty's pass");
    const auto [again, its_penalty] = losses(std::get<0>(ours->forward(x)));
    (again + its_penalty).backward();
    expect(of_both, "one pass for both");
  }
}

// A lower layer gets its part through the layer above, twice over.
TEST(RecorderPasses, APenaltysGradientsAreTheSameOnBothEnginesInEveryLayerAndDirection) {
  for (const char* name : {"lstm", "gru", "peephole-lstm"}) {
    SCOPED_TRACE(name);
    torch::manual_seed(1);
    const auto module =
        CellRegistry::with_built_in().make(name, RecurrentOptions(3, 4).num_layers(2).bidirectional(true));
    module->to(torch::kDouble);
    const auto x = torch::randn({9, 3}, torch::kDouble).requires_grad_();
    const auto measured = [&](Engine engine) {
      module->options.engine(engine);
      const auto recorder = record(*module);
      const auto loss = module->run({x, {3, 3, 2, 1}}, {}).output.square().sum();
      const auto gradient = torch::autograd::grad({loss}, {x}, {}, true, /*create_graph=*/true)[0];
      (loss + gradient.square().sum()).backward();
      return recorder->take();
    };
    const auto loop = measured(Engine::loop), fused = measured(Engine::fused);
    ASSERT_EQ(fused.layers.size(), 4u);
    for (const auto& expected : loop.layers) {
      const auto found = std::ranges::find(fused.layers, expected.id, &LayerFlow::id);
      for (std::size_t s = 0; s < loop.states.size(); ++s) {
        for (std::size_t t = 0; t < 4; ++t)
          EXPECT_NEAR(found->gradient_log10[s][t], expected.gradient_log10[s][t], 1e-9) << s << " " << t;
      }
    }
  }
}

TEST(RecorderPasses, ListeningChangesNoBitOfASecondOrderGradient) {
  torch::manual_seed(1);
  Lstm lstm(RecurrentOptions(3, 4).num_layers(2));
  const auto x = torch::randn({5, 2, 3}).requires_grad_();
  const auto gradients = [&] {
    lstm->zero_grad();
    const auto loss = std::get<0>(lstm->forward(x)).square().sum();
    (loss + torch::autograd::grad({loss}, {x}, {}, true, true)[0].square().sum()).backward();
    std::vector<Tensor> found;
    for (const auto& parameter : lstm->parameters()) found.push_back(parameter.grad().clone());
    return found;
  };
  const auto alone = gradients();
  record(*lstm);
  const auto heard = gradients();
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(torch::equal(alone[i], heard[i])) << i;
}

TEST(RecorderPasses, WithoutABackwardPassNothingIsMeasuredAndNothingIsSaidToHaveVanished) {
  for (const auto engine : {Engine::loop, Engine::fused}) {
    Gru gru(RecurrentOptions(3, 4).engine(engine));
    const auto recorder = record(*gru);
    gru->forward(torch::randn({5, 2, 3}));
    const auto found = recorder->take();
    EXPECT_EQ(found.layers.front().gradient_log10[0].size(), 5u);
    EXPECT_TRUE(all_unmeasured(found));
    EXPECT_FALSE(found.reach());
  }
}

TEST(RecorderPasses, OfAFrozenLayerNothingIsMeasuredAndOfTheOneAboveAllIs) {
  for (const auto engine : {Engine::loop, Engine::fused}) {
    Gru gru(RecurrentOptions(3, 4).num_layers(2).engine(engine));
    for (auto& parameter : gru->named_parameters()) {
      if (parameter.key().ends_with("l0")) parameter.value().set_requires_grad(false);
    }
    const auto recorder = record(*gru);
    std::get<0>(gru->forward(torch::randn({5, 2, 3})))[2].sum().backward();
    auto found = recorder->take();
    const auto above = std::ranges::find(found.layers, LayerId{1, false}, &LayerFlow::id);
    EXPECT_TRUE(std::isfinite(above->gradient_log10[0][2]));
    EXPECT_EQ(above->gradient_log10[0][4], -INFINITY) << "measured, and there is none after the loss";
    std::erase_if(found.layers, [](const LayerFlow& layer) { return layer.id.layer == 1; });
    EXPECT_EQ(found.layers.size(), 1u);
    EXPECT_TRUE(all_unmeasured(found));
  }
}

TEST(RecorderPasses, ABackwardPassAfterTakeIsLeftOutOfTheNextRecord) {
  for (const auto engine : {Engine::loop, Engine::fused}) {
    Gru gru(RecurrentOptions(3, 4).engine(engine));
    const auto recorder = record(*gru);
    const auto early = std::get<0>(gru->forward(torch::randn({9, 2, 3})));
    recorder->take();
    early.sum().backward();
    EXPECT_TRUE(recorder->take().layers.empty());
    const auto late = std::get<0>(gru->forward(torch::randn({9, 2, 3})));
    recorder->take();
    gru->forward(torch::randn({2, 2, 3}));
    late.sum().backward();
    const auto found = recorder->take();
    EXPECT_EQ(found.layers[0].gradient_log10[0].size(), 2u);
    EXPECT_TRUE(all_unmeasured(found));
  }
}

TEST(RecorderPasses, ARecorderThatIsNeverAskedForgetsTheOldestAndSaysHowMuch) {
  Gru gru(3, 4);
  const auto recorder = std::make_shared<FlowRecorder>(/*most_steps=*/10);
  gru->observe(recorder);
  const auto pass = [&](std::int64_t steps) {
    std::get<0>(gru->forward(torch::randn({steps, 1, 3}))).sum().backward();
  };
  for (int i = 0; i < 100; ++i) pass(4);
  EXPECT_LE(recorder->steps(), 10);
  const auto found = recorder->take();
  EXPECT_EQ(found.forgotten + static_cast<std::int64_t>(found.layers[0].gradient_log10[0].size()), 400);
  EXPECT_TRUE(std::isfinite(found.layers[0].gradient_log10[0].back()));
  pass(25);
  EXPECT_EQ(recorder->take().layers[0].gradient_log10[0].size(), 25u) << "one pass is kept whole";
}

TEST(RecorderPasses, SeveralListenersHearTheSameAndEachCountsItsOwnSteps) {
  for (const auto engine : {Engine::loop, Engine::fused}) {
    torch::manual_seed(1);
    Lstm lstm(RecurrentOptions(3, 4).engine(engine));
    const auto own = record(*lstm), guest = std::make_shared<FlowRecorder>();
    const auto pass = [&] { std::get<0>(lstm->forward(torch::randn({6, 2, 3}))).sum().backward(); };
    pass();
    {
      const Listening first(*lstm, guest), twice(*lstm, guest), nobody(*lstm, nullptr);
      EXPECT_TRUE(lstm->reports_to(guest));
      pass();
    }
    EXPECT_FALSE(lstm->reports_to(guest));
    pass();
    EXPECT_EQ(lstm->observer(), own);
    const auto all = own->take(), one = guest->take();
    ASSERT_EQ(one.layers.size(), 1u);
    for (std::size_t t = 0; t < 6; ++t) {
      EXPECT_EQ(all.layers[0].gradient_log10[1][6 + t], one.layers[0].gradient_log10[1][t]);
      EXPECT_EQ(all.layers[0].gate_mean[2][6 + t], one.layers[0].gate_mean[2][t]);
    }
    EXPECT_EQ(all.layers[0].gradient_log10[1].size(), 18u);
    EXPECT_EQ(one.layers[0].gradient_log10[1].size(), 6u);
  }
}

}  // namespace
}  // namespace carousel::testing
