// The fused engine against the loop engine: outputs, states and every gradient.
#include <thread>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/fused/simd_level.h"

#include "recurrent/fused/workspace.h"
#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

struct Case {
  std::int64_t inputs, hidden, layers;
  bool bidirectional;
  std::vector<std::int64_t> sizes;  // rows of each step
  bool initial, bias = true, save_memory = false;
};

std::string describe(const Case& c) {
  return fmt::format(
      "I {} H {} layers {} bidirectional {} T {} B {} last {} initial {} bias {} save memory {}", c.inputs,
      c.hidden, c.layers, c.bidirectional, c.sizes.size(), c.sizes.empty() ? 0 : c.sizes.front(),
      c.sizes.empty() ? 0 : c.sizes.back(), c.initial, c.bias, c.save_memory);
}

std::vector<std::int64_t> padded(std::int64_t steps, std::int64_t batch) {
  return std::vector<std::int64_t>(static_cast<std::size_t>(steps), batch);
}

// Sizes around and between the widths of the vectors, T = 1, one sequence and many.
std::vector<Case> cases() {
  return {
      {1, 1, 1, false, padded(1, 1), false},
      {5, 7, 1, false, padded(6, 4), true},
      {5, 7, 2, true, padded(6, 4), true},
      {5, 7, 2, true, {5, 5, 4, 2, 2, 1}, true},
      {5, 7, 2, true, {5, 5, 4, 2, 2, 1}, false},
      {17, 33, 1, false, padded(9, 3), false},
      {70, 16, 1, true, padded(4, 13), true},
      {2, 65, 2, false, {7, 7, 7, 3, 3, 3, 1}, true, false},
      {8, 20, 3, true, padded(11, 1), false, false},
      {6, 24, 1, false, padded(300, 2), true},
      {6, 24, 1, true, padded(300, 2), true, true, true},
      {4, 9, 2, true, {9, 8, 7, 6, 5, 4, 3, 2, 1}, true, true, true},
  };
}

// Runs a module on a copy of x and the initial states; a loss that weighs every number differently.
NamedTensors run(RecurrentBase& module, const Case& c, const Tensor& x, const std::vector<Tensor>& start) {
  const auto input = x.clone().requires_grad_();
  std::vector<Tensor> initial;
  for (const auto& state : start) initial.push_back(state.clone().requires_grad_());
  module.zero_grad();
  const auto result = module.run({input, c.sizes}, initial);
  auto loss =
      (result.output * torch::linspace(-1, 2, result.output.numel(), x.options()).view_as(result.output))
          .sum();
  for (const auto& state : result.states) {
    loss = loss + (state.sin() * torch::linspace(2, -1, state.numel(), x.options()).view_as(state)).sum();
  }
  loss.backward();
  NamedTensors all{{"output", result.output}, {"input gradient", input.grad()}};
  for (const auto& state : result.states) all.push_back({"last state", state});
  for (const auto& state : initial) all.push_back({"initial state gradient", state.grad()});
  for (const auto& p : module.named_parameters()) all.push_back({p.key(), p.value().grad().clone()});
  return all;
}

void compare_engines(const CellRegistry& cells, const std::string& cell, const Case& c, torch::Dtype dtype,
                     double tolerance) {
  SCOPED_TRACE(cell + " " + describe(c));
  auto options =
      RecurrentOptions(c.inputs, c.hidden).num_layers(c.layers).bidirectional(c.bidirectional).bias(c.bias);
  options.save_memory(c.save_memory);
  torch::manual_seed(3);
  const auto module = cells.make(cell, options);
  module->to(dtype);
  std::int64_t rows = 0;
  for (const auto size : c.sizes) rows += size;
  const auto x = torch::randn({rows, c.inputs}, dtype);
  std::vector<Tensor> start;
  for (std::size_t s = 0; c.initial && s < module->facts().states.size(); ++s) {
    // A normaliser or stabiliser state is positive; the others may be anything.
    const auto shape = std::vector<std::int64_t>{c.layers * options.directions(),
                                                 c.sizes.empty() ? 2 : c.sizes[0], c.hidden};
    start.push_back(s < 2 ? torch::randn(shape, dtype) : torch::rand(shape, dtype) + 0.5);
  }
  module->options.engine(Engine::fused);
  const auto fused = run(*module, c, x, start);
  module->options.engine(Engine::loop);
  expect_equal(fused, run(*module, c, x, start), tolerance);
}

bool has_fused_engine(const CellRegistry& cells, const std::string& name) {
  return cells.make(name, RecurrentOptions(2, 2))->engine_choice().engine == Engine::fused;
}

TEST(FusedEngine, EqualsTheLoopEngineForEveryCellInDouble) {
  const auto cells = CellRegistry::with_built_in();
  for (const auto& name : cells.names()) {
    if (!has_fused_engine(cells, name)) continue;
    for (const auto& c : cases()) compare_engines(cells, name, c, torch::kDouble, 1e-12);
  }
}

TEST(FusedEngine, EqualsTheLoopEngineForEveryCellInFloat) {
  const auto cells = CellRegistry::with_built_in();
  for (const auto& name : cells.names()) {
    if (!has_fused_engine(cells, name)) continue;
    for (const auto& c : cases()) {
      if (c.sizes.size() < 100) compare_engines(cells, name, c, torch::kFloat, 2e-5);
    }
  }
}

TEST(FusedEngine, EqualsTheLoopEngineAtEverySimdLevel) {
  const auto cells = CellRegistry::with_built_in();
  for (const auto level : fused::simd_levels) {
    if (level > fused::widest_simd_level()) continue;
    fused::force_simd_level(level);
    for (const char* name : {"lstm", "gru", "peephole-lstm"}) {
      compare_engines(cells, name, cases()[4], torch::kDouble, 1e-12);
      compare_engines(cells, name, cases()[6], torch::kFloat, 2e-5);
    }
  }
  fused::force_simd_level({});
}

// Everything that a module makes of an input, in one list.
std::vector<Tensor> outputs_and_gradients(RecurrentBase& module, const Tensor& x) {
  module.zero_grad();
  const auto input = x.clone().requires_grad_();
  const auto output = module.run_padded(input, {}).first;
  output.square().sum().backward();
  std::vector<Tensor> all{output.detach(), input.grad()};
  for (const auto& p : module.parameters()) all.push_back(p.grad().clone());
  return all;
}

TEST(FusedEngine, GivesTheSameOnOneTwoAndFourThreadsAndTheSameBitsEveryTime) {
  torch::manual_seed(1);
  Lstm lstm(RecurrentOptions(24, 48).num_layers(2).bidirectional(true));
  const auto x = torch::randn({20, 13, 24});
  const int before = torch::get_num_threads();
  std::vector<Tensor> single;
  for (const int threads : {1, 2, 4}) {
    torch::set_num_threads(threads);
    const auto first = outputs_and_gradients(*lstm, x), second = outputs_and_gradients(*lstm, x);
    if (threads == 1) single = first;
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_TRUE(torch::equal(first[i], second[i])) << threads << " threads, tensor " << i;
      const double scale = single[i].abs().max().item<double>();
      EXPECT_LE((first[i] - single[i]).abs().max().item<double>(), 1e-6 * std::max(1.0, scale))
          << threads << " threads, tensor " << i;
    }
  }
  torch::set_num_threads(before);
}

TEST(FusedEngine, ASequenceOfNoStepsGivesNoOutputAndTheInitialState) {
  for (const auto engine : {Engine::fused, Engine::loop}) {
    Lstm lstm(RecurrentOptions(3, 4).engine(engine));
    const auto h = torch::randn({1, 2, 4}), c = torch::randn({1, 2, 4});
    const auto [output, state] = lstm->forward(torch::zeros({0, 2, 3}), std::tuple(h, c));
    EXPECT_EQ(output.sizes(), at::IntArrayRef({0, 2, 4}));
    EXPECT_TRUE(torch::equal(std::get<0>(state), h));
    EXPECT_TRUE(torch::equal(std::get<1>(state), c));
  }
}

TEST(FusedEngine, GradientsCanBeTakenTwiceFromOneGraph) {
  torch::manual_seed(1);
  Gru gru(RecurrentOptions(3, 4).num_layers(2));
  const auto x = torch::randn({5, 2, 3}).requires_grad_();
  const auto loss = std::get<0>(gru->forward(x)).square().sum();
  const auto first = torch::autograd::grad({loss}, {x}, {}, /*retain_graph=*/true)[0];
  EXPECT_TRUE(torch::equal(first, torch::autograd::grad({loss}, {x})[0]));
  EXPECT_THROW(torch::autograd::grad({loss}, {x}), c10::Error) << "freed, as in torch";
}

TEST(FusedEngine, SeveralGraphsCanBeAliveAtOnce) {
  torch::manual_seed(1);
  Lstm lstm(RecurrentOptions(3, 40).num_layers(2));
  std::vector<Tensor> inputs, losses, alone;
  for (int i = 0; i < 3; ++i) {
    inputs.push_back(torch::randn({50, 8, 3}).requires_grad_());
    alone.push_back(
        torch::autograd::grad({std::get<0>(lstm->forward(inputs.back())).sum()}, {inputs.back()})[0]);
  }
  for (const auto& x : inputs) losses.push_back(std::get<0>(lstm->forward(x)).sum());
  for (const std::size_t i : {1u, 2u, 0u}) {
    EXPECT_TRUE(torch::equal(torch::autograd::grad({losses[i]}, {inputs[i]})[0], alone[i])) << i;
  }
}

TEST(FusedEngine, SeveralThreadsCanTrainAtOnce) {
  torch::manual_seed(1);
  Lstm lstm(RecurrentOptions(3, 40));
  const auto x = torch::randn({50, 8, 3});
  const auto gradient = [&] {
    const auto input = x.clone().requires_grad_();
    return torch::autograd::grad({std::get<0>(lstm->forward(input)).sum()}, {input})[0];
  };
  const auto alone = gradient();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) EXPECT_LE(difference(gradient(), alone), 1e-6);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(FusedEngine, OnlyTheGradientsThatAreAskedForAreComputed) {
  torch::manual_seed(1);
  Lstm lstm(3, 4);
  for (auto& p : lstm->parameters()) p.set_requires_grad(false);
  const auto x = torch::randn({5, 2, 3}).requires_grad_();
  std::get<0>(lstm->forward(x)).sum().backward();
  EXPECT_TRUE(x.grad().defined());
  lstm->parameters()[1].set_requires_grad(true);
  std::get<0>(lstm->forward(x.detach())).sum().backward();
  EXPECT_TRUE(lstm->parameters()[1].grad().defined());
  EXPECT_FALSE(lstm->parameters()[0].grad().defined());
}

TEST(FusedEngine, AWeightChangedBeforeTheBackwardPassIsNoticed) {
  Lstm lstm(3, 4);
  const auto loss = std::get<0>(lstm->forward(torch::randn({5, 2, 3}))).sum();
  {
    const torch::NoGradGuard no_grad;
    lstm->parameters()[0].add_(1.0);
  }
  EXPECT_THROW(loss.backward(), c10::Error);
}

std::size_t peak_memory(RecurrentBase& module, std::int64_t steps) {
  fused::release_workspace();
  const auto x = torch::randn({steps, 1, 4});
  const auto output = module.run_padded(x, {}).first;
  const auto after_forward = fused::workspace_use().borrowed;
  output.sum().backward();
  // The output itself, h of every step, belongs to the caller.
  return std::max(after_forward, fused::workspace_use().most) -
         static_cast<std::size_t>(output.numel()) * sizeof(float);
}

TEST(FusedEngine, SavingMemoryLetsItGrowWithTheSquareRootOfTheLength) {
  Lstm lstm(4, 32);
  const double everything =
      static_cast<double>(peak_memory(*lstm, 160000)) / static_cast<double>(peak_memory(*lstm, 40000));
  lstm->options.save_memory(true);
  const double checkpoints =
      static_cast<double>(peak_memory(*lstm, 160000)) / static_cast<double>(peak_memory(*lstm, 40000));
  EXPECT_GT(everything, 3.5);
  EXPECT_LT(checkpoints, 2.3);
}

TEST(FusedEngine, IsChosenOnTheCpuForFloatAndDoubleAndSaysWhy) {
  Lstm lstm(3, 4);
  EXPECT_EQ(lstm->engine_choice().engine, Engine::fused);
  lstm->to(torch::kBFloat16);
  EXPECT_EQ(lstm->engine_choice().engine, Engine::loop);
  EXPECT_EQ(lstm->engine_choice().reason, "the weights are BFloat16");
  lstm->options.engine(Engine::fused);
  EXPECT_THROW(lstm->forward(torch::zeros({2, 1, 3}, torch::kBFloat16)), Error);
}

TEST(FusedEngine, InputOfAnotherDtypeIsRefusedInASentence) {
  Lstm lstm(3, 4);
  try {
    lstm->forward(torch::zeros({2, 1, 3}, torch::kDouble));
    FAIL() << "not refused";
  } catch (const Error& e) {
    EXPECT_STREQ(
        e.what(),
        "the input is Double on cpu, but the weights are Float on cpu: convert one of them with .to()");
  }
}

}  // namespace
}  // namespace carousel::testing
