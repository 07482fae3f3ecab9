// An update in one pass is torch's update, and its state is torch's state.
#include "carousel/train/optimiser.h"

#include <sstream>
#include <tuple>

#include "support/parity.h"
#include "support/torch_optimiser.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

constexpr std::array kinds{OptimiserKind::sgd, OptimiserKind::rmsprop, OptimiserKind::adam,
                           OptimiserKind::adamw};

/// A long parameter, a short one, and one whose gradient comes only at every third step.
std::vector<Tensor> parameters_of(torch::Dtype dtype) {
  torch::manual_seed(3);
  return {torch::randn({40'007}, dtype), torch::randn({3, 5}, dtype), torch::randn({2}, dtype)};
}

void give_gradients(std::vector<Tensor>& parameters, std::uint64_t step) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(step);
  for (auto& p : parameters) p.mutable_grad() = torch::randn(p.sizes(), generator, p.options());
  if (step % 3 != 2) parameters[2].mutable_grad() = Tensor();
}

void take_steps(torch::optim::Optimizer& optimiser, std::vector<Tensor>& parameters, std::uint64_t first,
                std::uint64_t end) {
  for (std::uint64_t step = first; step < end; ++step) {
    give_gradients(parameters, step);
    set_learning_rate(optimiser, 0.01 / static_cast<double>(step + 1));
    optimiser.step();
  }
}

class EveryOptimiser
    : public ::testing::TestWithParam<std::tuple<OptimiserKind, double, double, torch::Dtype>> {
 protected:
  OptimiserOptions options() const {
    const auto [kind, momentum, weight_decay, dtype] = GetParam();
    return {.kind = kind, .momentum = momentum, .alpha = 0.9, .weight_decay = weight_decay};
  }
  torch::Dtype dtype() const { return std::get<3>(GetParam()); }
};

TEST_P(EveryOptimiser, TakesTheStepsOfTorchsOwn) {
  auto ours = parameters_of(dtype()), theirs = parameters_of(dtype());
  take_steps(*make_optimiser(options(), ours), ours, 0, 12);
  take_steps(*torchs_own_optimiser(options(), theirs), theirs, 0, 12);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_LE(difference(ours[i], theirs[i]), dtype() == torch::kDouble ? 1e-14 : 1e-6) << "parameter " << i;
  }
}

TEST_P(EveryOptimiser, LeavesTheGradientAsItWas) {
  auto parameters = parameters_of(dtype());
  give_gradients(parameters, 2);
  std::vector<Tensor> before;
  for (const auto& p : parameters) before.push_back(p.grad().clone());
  make_optimiser(options(), parameters)->step();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(torch::equal(parameters[i].grad(), before[i]));
}

// What one wrote the other reads, so a checkpoint is torch's own; and what is read goes on bit for bit.
TEST_P(EveryOptimiser, GoesOnFromASavedStateAsIfNothingHadHappened) {
  auto whole = parameters_of(dtype()), parts = parameters_of(dtype());
  const auto uninterrupted = make_optimiser(options(), whole);
  take_steps(*uninterrupted, whole, 0, 12);

  std::stringstream saved;
  {
    const auto first = make_optimiser(options(), parts);
    take_steps(*first, parts, 0, 6);
    torch::save(*first, saved);
  }
  const auto carrier = torchs_own_optimiser(options(), parts);
  torch::load(*carrier, saved);
  std::stringstream again;
  torch::save(*carrier, again);
  const auto second = make_optimiser(options(), parts);
  torch::load(*second, again);
  take_steps(*second, parts, 6, 12);
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_TRUE(torch::equal(whole[i], parts[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(Optimiser, EveryOptimiser,
                         ::testing::Combine(::testing::ValuesIn(kinds), ::testing::Values(0.0, 0.7),
                                            ::testing::Values(0.0, 0.1),
                                            ::testing::Values(torch::kFloat, torch::kDouble)));

TEST(Optimiser, TakesTheStepsOfTorchsOwnWhereAGradientIsNotContiguous) {
  for (const auto kind : kinds) {
    std::vector<Tensor> ours{torch::ones({4, 6}, torch::kDouble)}, theirs{ours[0].clone()};
    ours[0].mutable_grad() = torch::arange(24.0, torch::kDouble).view({6, 4}).t();
    theirs[0].mutable_grad() = ours[0].grad().clone();
    make_optimiser({.kind = kind}, ours)->step();
    torchs_own_optimiser({.kind = kind}, theirs)->step();
    EXPECT_LE(difference(ours[0], theirs[0]), 1e-14) << "kind " << static_cast<int>(kind);
  }
}

TEST(Optimiser, DecaysByTorchsDefaultWhereNothingIsSaid) {
  for (const auto kind : kinds) {
    std::vector<Tensor> weight{torch::ones({3}, torch::kDouble)};
    weight[0].mutable_grad() = torch::zeros({3}, torch::kDouble);
    make_optimiser({.kind = kind, .lr = 0.5}, weight)->step();
    const double expected = kind == OptimiserKind::adamw ? 1.0 - 0.5 * 0.01 : 1.0;
    EXPECT_DOUBLE_EQ(weight[0][0].item<double>(), expected) << "kind " << static_cast<int>(kind);
  }
}

TEST(Optimiser, TellsAGraphThatAWeightItStillNeedsHasChanged) {
  for (const auto kind : kinds) {
    std::vector<Tensor> weight{torch::ones({3}).requires_grad_()};
    const auto loss = weight[0].square().sum();
    weight[0].mutable_grad() = torch::ones({3});
    make_optimiser({.kind = kind}, weight)->step();
    EXPECT_THROW(loss.backward(), c10::Error) << "kind " << static_cast<int>(kind);
  }
}

}  // namespace
}  // namespace carousel::testing
