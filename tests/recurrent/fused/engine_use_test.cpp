// The fused engine in use: threads, graphs that live on, memory, choice and refusals.
#include <limits>
#include <thread>

#include "carousel/error.h"
#include "carousel/recurrent/recurrent.h"

#include "recurrent/fused/workspace.h"
#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

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

TEST(FusedEngine, TakesWhatIsBelowTheNormalFormAsZeroAndLeavesTheThreadAsItWas) {
  Rnn rnn(2, 2);
  {
    const torch::NoGradGuard no_grad;
    rnn->weights({}).weight_hh.copy_(0.5 * torch::eye(2));  // the gradient halves from step to step
  }
  const auto x = torch::zeros({200, 1, 2}).requires_grad_();
  std::get<0>(rnn->forward(x))[-1].sum().backward();
  const auto sizes = x.grad().abs();
  constexpr float smallest = std::numeric_limits<float>::min();
  EXPECT_EQ(((sizes > 0) & (sizes < smallest)).sum().item<std::int64_t>(), 0);
  EXPECT_TRUE((sizes[0] == 0).all().item<bool>());
  EXPECT_GT((sizes >= smallest).sum().item<std::int64_t>(), 200);
  volatile float below = smallest;
  below = below / 2;
  EXPECT_GT(below, 0.0F);
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
