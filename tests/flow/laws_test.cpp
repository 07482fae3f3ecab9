// Exact mathematical laws of the gradient's way back, seen through the recorder.
#include <cmath>

#include "carousel/flow/recorder.h"
#include "carousel/recurrent/initialise.h"

#include "flow/flow_support.h"
#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

// The curve log10 |dL/d(state_t)| of one layer for the loss of the last step alone.
template <class Cell>
std::vector<std::vector<double>> last_step_curves(RecurrentImpl<Cell>& module, const Tensor& x) {
  auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  auto [output, state] = module.forward(x);
  output[-1].sum().backward();
  module.observe(nullptr);
  return recorder->take().layers.at(0).gradient_log10;
}

class LinearNetwork : public ::testing::TestWithParam<double> {};

// |dL/dh_t| = rho^(T-t) |dL/dh_T| for W_hh = rho Q with Q orthogonal: 0.9 vanishes, 1 stays, 1.1 explodes.
TEST_P(LinearNetwork, LosesOrGainsExactlyTheFactorRhoAStep) {
  const double rho = GetParam();
  torch::manual_seed(1);
  RecurrentImpl<OwnLinearCell> module(RecurrentOptions(3, 8));
  module.to(torch::kDouble);
  initialise(module, {.recurrent = RecurrentInit::orthogonal});
  {
    const torch::NoGradGuard no_grad;
    module.weights({}).weight_hh.mul_(rho);
  }
  const std::int64_t steps = 100;
  const auto h = last_step_curves(module, torch::randn({steps, 2, 3}, torch::kDouble)).front();
  for (std::size_t t = 0; t < h.size(); ++t) {
    const auto back = static_cast<double>(h.size() - 1 - t);
    EXPECT_NEAR(h[t], h.back() + back * std::log10(rho), 1e-10) << "step " << t;
  }
}
INSTANTIATE_TEST_SUITE_P(VanishStayExplode, LinearNetwork, ::testing::Values(0.9, 1.0, 1.1));

TEST(TanhNetwork, LosesAtLeastWhatTheLargestSingularValueAllows) {
  torch::manual_seed(2);
  RecurrentImpl<RnnCell> module(RecurrentOptions(3, 16));
  module.to(torch::kDouble);
  const auto largest = torch::linalg_svdvals(module.weights({}).weight_hh.detach())[0].item<double>();
  const auto h = last_step_curves(module, torch::randn({50, 4, 3}, torch::kDouble)).front();
  for (std::size_t t = 0; t + 1 < h.size(); ++t) EXPECT_LE(h[t] - h[t + 1], std::log10(largest) + 1e-12);
}

// With zero recurrent weights the cell state is the only way back in time: dc_T/dc_0 = f_1 f_2 ... f_T.
TEST(Lstm, CellGradientIsTheProductOfTheForgetGates) {
  torch::manual_seed(3);
  const std::int64_t steps = 40, hidden = 5;
  RecurrentImpl<LstmCell> module(RecurrentOptions(3, hidden));
  module.to(torch::kDouble);
  {
    const torch::NoGradGuard no_grad;
    module.weights({}).weight_hh.zero_();
  }
  const auto x = torch::randn({steps, 2, 3}, torch::kDouble);
  const auto h0 = torch::zeros({1, 2, hidden}, torch::kDouble);
  const auto c0 = torch::randn({1, 2, hidden}, torch::kDouble).requires_grad_();
  auto [output, last] = module.forward(x, std::tuple(h0, c0));
  std::get<1>(last).sum().backward();
  const auto w = module.weights({});
  const auto pre = torch::linear(x, w.weight_ih, w.bias_ih + w.bias_hh).narrow(2, hidden, hidden);
  EXPECT_LE(difference(c0.grad()[0], pre.sigmoid().prod(0)), 1e-12);
}

// sigma(b)^100: at bias 0 the carousel loses 30 powers of ten in 100 steps, at 4 less than one.
TEST(Lstm, ForgetBiasSetsHowFarTheCellGradientReaches) {
  for (const double bias : {0.0, 1.0, 4.0}) {
    RecurrentImpl<LstmCell> module(RecurrentOptions(1, 2));
    module.to(torch::kDouble);
    initialise(module, {.forget_bias = bias});
    {
      const torch::NoGradGuard no_grad;
      module.weights({}).weight_hh.zero_();
      module.weights({}).weight_ih.zero_();
    }
    const auto c0 = torch::zeros({1, 1, 2}, torch::kDouble).requires_grad_();
    auto [output, last] = module.forward(torch::zeros({100, 1, 1}, torch::kDouble),
                                         std::tuple(torch::zeros({1, 1, 2}, torch::kDouble), c0));
    std::get<1>(last).sum().backward();
    const double expected = -100.0 * std::log10(1.0 + std::exp(-bias));
    EXPECT_NEAR(std::log10(c0.grad()[0][0][0].item<double>()), expected, 1e-9) << "bias " << bias;
  }
}

TEST(Lstm, EarlyGradientsGrowWithTheForgetBiasForEverySeed) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    double before = -INFINITY;
    for (const double bias : {0.0, 1.0, 4.0}) {
      torch::manual_seed(seed);
      RecurrentImpl<LstmCell> module(RecurrentOptions(2, 32));
      initialise(module, {.forget_bias = bias});
      const double first = last_step_curves(module, torch::rand({100, 4, 2}))[1].front();
      EXPECT_GT(first, before) << "seed " << seed << " bias " << bias;
      before = first;
    }
  }
}

}  // namespace
}  // namespace carousel::testing
