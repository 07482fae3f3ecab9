// The fused engine against the loop engine: outputs, states and every gradient.
#include <map>

#include <fmt/format.h>

#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/fused/simd_level.h"
#include "carousel/recurrent/initialise.h"

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
  initialise(*module, {.recurrent = RecurrentInit::torch});  // an adder's rounding grows with what it adds up
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

// The gradient vanishes on its way back: thousands of terms, each below the rounding of their sum, that count together.
TEST(FusedEngine, DoesNotSwallowWhatEarlyStepsAddToAWeightsGradient) {
  const auto cells = CellRegistry::with_built_in();
  torch::manual_seed(1);
  const auto x = torch::randn({100, 50, 2}, torch::kDouble);
  for (const char* cell : {"lstm", "gru", "peephole-lstm"}) {
    const auto module = cells.make(cell, RecurrentOptions(2, 32));
    const auto gradients = [&](Engine engine, torch::Dtype dtype) {
      module->to(dtype);
      module->options.engine(engine);
      module->zero_grad();
      const auto result = module->run({x.to(dtype).view({-1, 2}), padded(100, 50)}, {});
      result.states.front().square().mean().backward();
      std::map<std::string, Tensor> all;
      for (const auto& p : module->named_parameters()) all[p.key()] = p.value().grad().to(torch::kDouble);
      return all;
    };
    const auto fused = gradients(Engine::fused, torch::kFloat);
    for (const auto& [name, exact] : gradients(Engine::loop, torch::kDouble)) {
      const auto error = ((fused.at(name) - exact).abs().max() / exact.abs().max()).item<double>();
      EXPECT_LT(error, 1.5e-6) << cell << " " << name;
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

}  // namespace
}  // namespace carousel::testing
