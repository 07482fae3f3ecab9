// Constants in a step: a number beside a V, or as one, is the same in every reading.
#include <cmath>

#include "carousel/cells/dual.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/recurrent/stream.h"
#include "carousel/torch.h"

#include "recurrent/engine_pass.h"

// A cell of a user's own, in no namespace of ours.
namespace users_constants {

/// The normaliser of the mLSTM, h = o c / max(|n|, 1), with constants in every place that takes one.
struct NormalisedCell {
  static constexpr const char* name = "normalised";
  static constexpr std::array gates{"forget", "input", "new", "always"};
  static constexpr std::array states{"h", "c", "n", "fixed"};
  static constexpr const char* write_gate = "input";

  template <class V>
  static constexpr auto step(const carousel::Gates<V, 4>& pre, const carousel::States<V, 4>& previous) {
    const V one(1.0), half = 0.5;
    V zero{};
    const V f = sigmoid(pre[0]) * one, i = exp(min(pre[1], 2)), z = max(-0.9f, min(0.9, tanh(pre[2])));
    const V c = f * previous[1] + i * z + zero, n = f * previous[2] + 1 * i / 1 - 0;
    zero = max(V(1), V(2.0)) - 2;
    const V h = c / max(abs(n), 1.0) + half * min(V(3.0), previous[3]) + zero;
    return carousel::Stepped{carousel::States<V, 4>{h, c, n, V(0.25)},
                             carousel::Gates<V, 4>{f, i, z, V(1.0)}};
  }
};

/// h' = max(0, x) + 2 min(x, 0): at x = 0 a constant has half of the slope, and x the other.
struct TiedCell {
  static constexpr const char* name = "tied";
  static constexpr std::array gates{"new"};
  static constexpr std::array states{"h"};

  template <class V>
  static constexpr auto step(const carousel::Gates<V, 1>& pre, const carousel::States<V, 1>&) {
    const V h = max(0.0, pre[0]) + 2.0 * min(pre[0], 0.0);
    return carousel::Stepped{carousel::States<V, 1>{h}, carousel::Gates<V, 1>{h}};
  }
};

}  // namespace users_constants

namespace carousel::testing {
namespace {

using users_constants::NormalisedCell, users_constants::TiedCell;

TEST(ConstantsInAStep, AreTheSameOnBothEngines) {
  torch::manual_seed(1);
  for (const bool noisy : {false, true}) {
    RecurrentOptions options(3, 38);
    if (noisy) options.noise({.update = 0.4});
    RecurrentImpl<NormalisedCell> module(options.num_layers(2));
    module.to(torch::kDouble);
    const PackedBatch batch{torch::randn({9, 3}, torch::kDouble), {3, 3, 2, 1}};
    const auto initial = states_for(module, 3);
    expect_equal(engine_pass(module, Engine::fused, batch, initial),
                 engine_pass(module, Engine::loop, batch, initial), 1e-12);
  }
}

TEST(ConstantsInAStep, AreTheSameInAStreamAndInFloat) {
  torch::manual_seed(1);
  RecurrentImpl<NormalisedCell> module(RecurrentOptions(3, 38));
  module.options.engine(Engine::loop);
  const auto rows = torch::randn({6, 3});
  const auto whole = std::get<0>(module.forward(rows.unsqueeze(1)));
  module.options.engine(Engine::fused);
  RecurrentStream stream(module);
  for (std::int64_t t = 0; t < rows.size(0); ++t)
    EXPECT_LE(difference(stream.step(rows[t]), whole[t][0]), 1e-6) << t;
}

TEST(ConstantsInAStep, AreNumbersToNumbersAndHaveNoSlope) {
  const Gates<Real, 4> pre{0.0, 5.0, 3.0, 0.0};
  const States<Real, 4> previous{0.0, 1.0, 0.2, 8.0};
  const auto stepped = NormalisedCell::step<Real>(pre, previous);
  const double i = std::exp(2.0), c = 0.5 + i * 0.9, n = 0.1 + i;
  EXPECT_NEAR(stepped.states[0].value, c / n + 1.5, 1e-15);
  EXPECT_EQ(stepped.states[3].value, 0.25);
  EXPECT_EQ(stepped.gates[3].value, 1.0);

  const auto dual = [](double x) { return Dual<1>::variable(x, 0); };
  EXPECT_EQ(max(dual(2.0), 1.0).partial[0], 1.0);
  EXPECT_EQ(max(1.0, dual(0.5)).partial[0], 0.0);
  EXPECT_EQ(min(1, dual(1.0)).partial[0], 0.5);
}

TEST(ConstantsInAStep, ShareTheGradientWithWhatIsEqualOnBothEngines) {
  RecurrentImpl<TiedCell> module(RecurrentOptions(1, 2));
  module.to(torch::kDouble);
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : module.parameters()) parameter.zero_();
  }
  for (const Engine engine : {Engine::fused, Engine::loop}) {
    module.options.engine(engine);
    module.zero_grad();
    std::get<0>(module.forward(torch::ones({1, 1, 1}, torch::kDouble))).sum().backward();
    EXPECT_EQ(module.weights({}).bias_ih.grad()[0].item<double>(), 1.5);  // 1 / 2 of max, 2 / 2 of min
  }
}

}  // namespace
}  // namespace carousel::testing
