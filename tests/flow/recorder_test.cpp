// What the recorder reports, against gradients taken from autograd directly.
#include "carousel/flow/recorder.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "carousel/recurrent/cell_registry.h"

#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

TEST(FlowRecorder, ReportsTheNormsThatAutogradGivesForEveryStateLayerAndDirection) {
  torch::manual_seed(1);
  RecurrentImpl<LstmCell> module(RecurrentOptions(3, 4).num_layers(2).bidirectional(true));
  module.to(torch::kDouble);
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  const auto x = torch::randn({5, 2, 3}, torch::kDouble);
  auto [output, state] = module.forward(x);
  output.retain_grad();
  output.sin().sum().backward();
  const auto record = recorder->take();

  ASSERT_EQ(record.layers.size(), 4u);
  EXPECT_EQ(record.states, (std::vector<std::string>{"h", "c"}));
  EXPECT_EQ(record.gates, (std::vector<std::string>{"input", "forget", "cell", "output"}));
  // The last step of the last layer's forward direction is used by nothing but the output.
  const auto& top = record.layers[2];
  EXPECT_EQ(top.id, (LayerId{1, false}));
  const double direct = output.grad()[-1].narrow(1, 0, 4).norm().item<double>();
  EXPECT_NEAR(top.gradient_log10[0].back(), std::log10(direct), 1e-12);
  // And of its backward direction, the first step.
  const double reverse = output.grad()[0].narrow(1, 4, 4).norm().item<double>();
  EXPECT_NEAR(record.layers[3].gradient_log10[0].front(), std::log10(reverse), 1e-12);
}

TEST(FlowRecorder, MeasuresTheWholeDerivativeThroughLaterSteps) {
  torch::manual_seed(1);
  RecurrentImpl<RnnCell> module(RecurrentOptions(3, 4));
  module.to(torch::kDouble);
  const auto x = torch::randn({6, 2, 3}, torch::kDouble);
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  std::get<0>(module.forward(x)).sin().sum().backward();
  const auto record = recorder->take();
  module.observe(nullptr);
  // Cut at step 3 by hand: run the first three steps, make their state a leaf, run the rest.
  auto [first, middle] = module.forward(x.slice(0, 0, 3));
  const auto leaf = middle.detach().requires_grad_();
  const auto second = std::get<0>(module.forward(x.slice(0, 3), leaf));
  (leaf.sin().sum() + second.sin().sum()).backward();
  EXPECT_NEAR(record.layers[0].gradient_log10[0][2], std::log10(leaf.grad().norm().item<double>()), 1e-12);
}

TEST(FlowRecorder, SurvivesFloatsTooSmallToBeSquared) {
  torch::manual_seed(1);
  RecurrentImpl<RnnCell> module(RecurrentOptions(3, 4));
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  (std::get<0>(module.forward(torch::randn({3, 2, 3})))[-1].sum() * 1e-28).backward();
  const auto record = recorder->take();
  EXPECT_NEAR(record.layers[0].gradient_log10[0].back(), -28.0 + std::log10(std::sqrt(8.0)), 1e-5);
  EXPECT_FALSE(record.reach()->underflowed);
}

TEST(FlowRecorder, SaysWhenAGradientUnderflowed) {
  RecurrentImpl<RnnCell> module(RecurrentOptions(3, 4));
  {
    const torch::NoGradGuard no_grad;
    module.weights({}).weight_hh.mul_(1e-8);
  }
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  std::get<0>(module.forward(torch::randn({20, 2, 3})))[-1].sum().backward();
  const auto reach = recorder->take().reach();
  ASSERT_TRUE(reach);
  EXPECT_TRUE(reach->underflowed);
  EXPECT_EQ(reach->log10_ratio, -INFINITY);
}

TEST(FlowRecorder, TakesTheReachFromTheMemoryWhereNoStepReadsH) {
  torch::manual_seed(1);
  for (const char* cell : {"sru", "lstm"}) {
    const auto module = CellRegistry::with_built_in().make(
        cell, RecurrentOptions(3, 4).recurrence(Recurrence::parse("none")));
    auto recorder = std::make_shared<FlowRecorder>();
    module->observe(recorder);
    module->run_padded(torch::randn({20, 2, 3}), {}).first[-1].sum().backward();
    const auto record = recorder->take();
    const auto& curves = record.layers[0].gradient_log10;
    EXPECT_EQ(curves[0][18], -INFINITY) << cell;
    ASSERT_TRUE(record.reach());
    EXPECT_FALSE(record.reach()->underflowed) << cell;
    EXPECT_EQ(record.reach()->state, "c") << cell;
    EXPECT_EQ(record.reach()->log10_ratio, curves[1].front() - curves[1].back()) << cell;
  }
}

TEST(FlowRecorder, CountsStepsOnAcrossSegments) {
  RecurrentImpl<GruCell> module(RecurrentOptions(3, 4));
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  auto [first, state] = module.forward(torch::randn({3, 2, 3}));
  auto [second, end] = module.forward(torch::randn({4, 2, 3}), state);
  second[-1].sum().backward();
  const auto record = recorder->take();
  EXPECT_EQ(record.layers[0].gradient_log10[0].size(), 7u);
  EXPECT_TRUE(std::isfinite(record.layers[0].gradient_log10[0].front()));
  EXPECT_EQ(recorder->steps(), 0) << "take() starts afresh";
}

TEST(FlowRecorder, GateMeansAreTheGatesOfTheFormula) {
  torch::manual_seed(1);
  RecurrentImpl<LstmCell> module(RecurrentOptions(3, 4));
  module.to(torch::kDouble);
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  const auto x = torch::randn({1, 2, 3}, torch::kDouble);
  module.forward(x);
  const auto record = recorder->take();
  const auto w = module.weights({});
  const auto f = torch::linear(x[0], w.weight_ih, w.bias_ih + w.bias_hh).narrow(1, 4, 4).sigmoid();
  EXPECT_NEAR(record.layers[0].gate_mean[1][0], f.mean().item<double>(), 1e-14);
  EXPECT_NEAR(*record.keep_gate_mean(), f.mean().item<double>(), 1e-14);
}

/// Saturation of the gates at one step of zeros, of a module whose biases set all pre-activations.
template <class Cell> std::vector<std::optional<Saturation>> saturation_at(std::vector<double> biases) {
  RecurrentImpl<Cell> module(RecurrentOptions(1, 4));
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : module.parameters()) parameter.zero_();
    module.weights({}).bias_ih.copy_(torch::tensor(biases));
  }
  module.forward(torch::zeros({1, 2, 1}));
  return recorder->take().saturation();
}

TEST(FlowRecorder, CountsActivationsAtTheirLimits) {
  // sigmoid(3) = 0.953, sigmoid(2.9) = 0.948, tanh(2.1) = 0.9705, tanh(2) = 0.964
  const auto lstm = saturation_at<LstmCell>({3, 2.9, -3, 0, /*forget*/ 3, 3, 3, -2.9,
                                             /*cell*/ 2.1, -2.1, -2.1, 2.0, /*output*/ 0, 0, 0, 0});
  EXPECT_EQ(lstm[0]->low, 0.25);
  EXPECT_EQ(lstm[0]->high, 0.25);
  EXPECT_EQ(lstm[1]->low, 0.0);
  EXPECT_EQ(lstm[1]->high, 0.75);
  EXPECT_EQ(lstm[2]->low, 0.5);
  EXPECT_EQ(lstm[2]->high, 0.25);
  EXPECT_EQ(lstm[3]->both(), 0.0);
  const auto relu = saturation_at<ReluRnnCell>({-1, -2, -3, 5});
  EXPECT_EQ(relu[0]->low, 0.75) << "dead units";
  EXPECT_EQ(relu[0]->high, 0.0);
}

TEST(Activations, AreReadOffTheStep) {
  using enum Activation;
  EXPECT_EQ(activations_of<LstmCell>, (std::array{sigmoid, sigmoid, tanh, sigmoid}));
  EXPECT_EQ(activations_of<GruCell>, (std::array{sigmoid, sigmoid, tanh}));
  EXPECT_EQ(activations_of<ReluRnnCell>, (std::array{relu}));
  EXPECT_EQ(activations_of<SlstmCell>[0], other) << "an exponential gate has no limits";
}

TEST(FlowRecorder, FindsTheStepWhereAStateStoppedBeingFinite) {
  RecurrentImpl<ReluRnnCell> module(RecurrentOptions(3, 4));
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  auto x = torch::ones({6, 2, 3});
  x[4] = INFINITY;
  module.forward(x);
  EXPECT_EQ(recorder->take().first_bad_state, 4);
}

TEST(FlowRecorder, AGraphWithHooksIsFreed) {
  RecurrentImpl<LstmCell> module(RecurrentOptions(3, 4));
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  c10::weak_intrusive_ptr<c10::TensorImpl> weak(c10::intrusive_ptr<c10::TensorImpl>{});
  {
    auto [output, state] = module.forward(torch::randn({3, 2, 3}));
    weak = c10::weak_intrusive_ptr<c10::TensorImpl>(output.getIntrusivePtr());
    output.sum().backward();
  }
  EXPECT_TRUE(weak.expired()) << "a hook that held its own tensor would keep it alive";
  module.observe(nullptr);
  EXPECT_EQ(recorder.use_count(), 1) << "hooks of a freed graph hold nothing";
}

TEST(FlowRecord, WritesNullForWhatIsNotFinite) {
  FlowRecord record;
  record.states = {"h"};
  record.layers.push_back(
      {.id = {}, .gradient_log10 = {{-INFINITY, -1.5}}, .gate_mean = {}, .saturation = {}});
  EXPECT_EQ(record.to_json()["layers"][0]["log10_dh"].dump(), "[null,-1.5]");
}

// The hooks of the loop engine are the reference; the fused engine measures inside its kernels.
TEST(FlowRecorder, IsToldTheSameByBothEnginesForEveryCell) {
  const auto cells = CellRegistry::with_built_in();
  const std::vector<std::int64_t> sizes{5, 5, 4, 2, 1};
  for (const auto& name : cells.names()) {
    SCOPED_TRACE(name);
    const auto module = cells.make(name, RecurrentOptions(3, 21).num_layers(2).bidirectional(true));
    if (module->engine_choice().engine != Engine::fused) continue;
    const auto x = 8.0 * torch::randn({17, 3});  // so large that gates saturate
    const auto record = [&](Engine engine) {
      module->options.engine(engine);
      auto recorder = std::make_shared<FlowRecorder>();
      module->observe(recorder);
      module->run({x, sizes}, {}).output.sin().sum().backward();
      return recorder->take();
    };
    const auto fused = record(Engine::fused), loop = record(Engine::loop);
    ASSERT_EQ(fused.layers.size(), 4u);
    for (const auto& expected : loop.layers) {
      const auto found = std::ranges::find(fused.layers, expected.id, &LayerFlow::id);
      ASSERT_NE(found, fused.layers.end());
      for (std::size_t t = 0; t < sizes.size(); ++t) {
        for (std::size_t s = 0; s < loop.states.size(); ++s) {
          const double norm = std::pow(10.0, expected.gradient_log10[s][t]);
          // The sLSTM's output does not depend on its stabiliser: that gradient is rounding, on both sides.
          const double rounding = loop.states[s] == "m" ? 1e-6 : 0.0;
          EXPECT_NEAR(std::pow(10.0, found->gradient_log10[s][t]), norm, 1e-5 * norm + rounding)
              << loop.states[s] << " " << t;
        }
        for (std::size_t g = 0; g < loop.gates.size(); ++g) {
          EXPECT_NEAR(found->gate_mean[g][t], expected.gate_mean[g][t], 1e-5) << loop.gates[g] << " " << t;
          ASSERT_EQ(found->saturation[g].size(), expected.saturation[g].size()) << loop.gates[g];
          if (expected.saturation[g].empty()) continue;
          ASSERT_EQ(std::isnan(found->saturation[g][t].low), t % saturation_stride != 0);
          ASSERT_EQ(std::isnan(expected.saturation[g][t].low), t % saturation_stride != 0);
          if (t % saturation_stride != 0) continue;
          EXPECT_NEAR(found->saturation[g][t].low, expected.saturation[g][t].low, 1e-12) << loop.gates[g];
          EXPECT_NEAR(found->saturation[g][t].high, expected.saturation[g][t].high, 1e-12) << loop.gates[g];
        }
      }
    }
  }
}

TEST(FlowRecorder, HearsFromTheFusedEngineAtWhichStepAStateStoppedBeingFinite) {
  Lstm lstm(3, 20);
  auto x = torch::zeros({6, 2, 3});
  x[3][1][0] = std::numeric_limits<float>::quiet_NaN();
  auto recorder = std::make_shared<FlowRecorder>();
  lstm->observe(recorder);
  lstm->forward(x);
  EXPECT_EQ(recorder->take().first_bad_state, 3);
}

}  // namespace
}  // namespace carousel::testing
