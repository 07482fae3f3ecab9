// The whole analysis of a network: of a user's own cell, of a module, of a model's own loss.
#include "carousel/flow/analysis.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "carousel/cells/layer_norm_lstm.h"
#include "carousel/error.h"

#include "flow_support.h"
#include "support/error_of.h"

// A cell as a user writes it, outside the library's namespace: two states, a learned vector, both projections.
struct OwnGatedCell {
  static constexpr const char* name = "own-gated";
  static constexpr std::array gates{"keep", "new"};
  static constexpr std::array states{"h", "c"};
  static constexpr std::array vectors{"weight_leak"};
  static constexpr bool separate_projections = true;
  static constexpr const char* keep_gate = "keep";
  template <class V>
  static constexpr auto step(const carousel::Gates<V, 2>& input, const carousel::Gates<V, 2>& recurrent,
                             const carousel::States<V, 2>& previous, const carousel::Vectors<V, 1>& learned) {
    const V f = sigmoid(input[0] + recurrent[0] + 1.0), n = tanh(input[1] * recurrent[1] + input[1]);
    const V c = f * previous[1] + (1.0 - f) * n;
    return carousel::Stepped{carousel::States<V, 2>{max(tanh(c), 0.5 * learned[0] * previous[0]), c},
                             carousel::Gates<V, 2>{f, n}};
  }
};

// The same for tensors only.
struct OwnLoopCell {
  static constexpr const char* name = "own-loop";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};
  static constexpr bool fused = false;
  template <class V>
  static constexpr auto step(const carousel::Gates<V, 1>& pre, const carousel::States<V, 1>&) {
    const V h = sin(pre[0]);
    return carousel::Stepped{carousel::States<V, 1>{h}, carousel::Gates<V, 1>{h}};
  }
};

namespace carousel::testing {
namespace {

using nlohmann::json;
using torch::Tensor;

Tensor loss_of_last(const Tensor& output) {
  return output[-1].square().sum();
}

TEST(Analysis, OfAUsersOwnCellHasEveryFigure) {
  torch::manual_seed(9);
  Recurrent<OwnGatedCell> module(RecurrentOptions(3, 6).num_layers(2));
  const auto analysis = analyse(*module, torch::randn({25, 4, 3}), loss_of_last);
  EXPECT_TRUE(analysis.notes.empty());
  const json m = analysis.to_json();
  EXPECT_EQ(m["curves"].size(), 2u);
  EXPECT_EQ(m["curves"][1]["last_loss"]["c"].size(), 25u);
  EXPECT_TRUE(m["curves"][1]["every_step"].is_null());
  EXPECT_EQ(m["curves"][0]["gates"]["keep"].size(), 25u);
  EXPECT_EQ(m["blocks"].size(), 4u);
  EXPECT_EQ(m["blocks"][3]["gate"], "new");
  EXPECT_EQ(m["blocks"][3]["eigenvalues"].size(), 6u);
  EXPECT_GE(m["blocks"][3]["sigma_max"].get<double>(), m["blocks"][3]["spectral_radius"].get<double>());
  EXPECT_EQ(m["jacobians"][1]["log10_singular_values"].size(), 12u);
  EXPECT_EQ(m["jacobians"][1]["steps"], 25);
  EXPECT_EQ(m["lyapunov"][1]["exponents"].size(), 12u);
  EXPECT_EQ(m["lags"].size(), 2u);
  EXPECT_EQ(m["lags"][1]["share"].size(), 25u);
  EXPECT_EQ(m["truncation"].size(), 5u);
  EXPECT_EQ(m["memory"][0]["steps"].size(), 3u);
  EXPECT_TRUE(m["notes"].empty());
  double share = 0.0;
  for (const json& s : m["lags"][1]["share"]) share += s.get<double>();
  EXPECT_NEAR(share, 1.0, 1e-6);
}

template <class Module> void expect_all_but_lags(Module module) {
  const auto analysis = analyse(*module, torch::randn({12, 2, 3}), loss_of_last);
  EXPECT_TRUE(analysis.lags.empty());
  ASSERT_FALSE(analysis.notes.empty());
  EXPECT_NE(analysis.notes.front().find("no lags"), std::string::npos);
  EXPECT_EQ(analysis.jacobians.size(), 1u);
  EXPECT_EQ(analysis.lyapunov[0].figure.exponents.size(), module->facts().states.size() * 4);
  EXPECT_EQ(analysis.truncation.size(), 4u);
  EXPECT_EQ(analysis.curves.layers.size(), 1u);
  EXPECT_FALSE(analysis.blocks.empty());
}

TEST(Analysis, OfACellThatIsAModuleHasAllButTheLags) {
  torch::manual_seed(10);
  expect_all_but_lags(Recurrent<LayerNormLstmCell>(RecurrentOptions(3, 4)));
}

/// Its Jacobian is the diagonal of f', which a constant input keeps the same.
TEST(Analysis, OfACellWithoutARecurrentMatrixIsThatOfItsStepAndSaysWhatThereIsNotInASentence) {
  torch::manual_seed(1);
  MinLstm module(3, 4);
  module->to(torch::kDouble);
  const auto x = torch::randn({3}, torch::kDouble).expand({12, 2, 3});
  const auto analysis = analyse(*module, x, loss_of_last);
  EXPECT_TRUE(analysis.lags.empty());
  EXPECT_TRUE(analysis.blocks.empty());
  ASSERT_FALSE(analysis.notes.empty());
  EXPECT_NE(analysis.notes.front().find("there is no recurrent matrix"), std::string::npos);
  const auto weights = module->weights({});
  const auto pre = torch::linear(x[0][0], weights.weight_ih, weights.bias_ih + weights.bias_hh).chunk(3);
  const auto f = torch::sigmoid(pre[0]), i = torch::sigmoid(pre[1]);
  const auto exponents = std::get<0>(torch::log(f / (f + i)).sort(0, /*descending=*/true));
  for (std::int64_t unit = 0; unit < 4; ++unit) {
    EXPECT_NEAR(analysis.lyapunov[0].figure.exponents[static_cast<std::size_t>(unit)],
                exponents[unit].item<double>(), 1e-10);
  }
}

TEST(Analysis, OfACellForTensorsOnlyHasAllButTheLags) {
  torch::manual_seed(10);
  expect_all_but_lags(Recurrent<OwnLoopCell>(RecurrentOptions(3, 4)));
}

TEST(Analysis, OfTorchsOwnLayerIsThatOfTheCell) {
  const auto cells = CellRegistry::with_built_in();
  const auto x = torch::randn({10, 2, 3});
  std::vector<json> found;
  for (const char* name : {"gru", "torch-gru"}) {
    torch::manual_seed(11);
    found.push_back(analyse(*cells.make(name, RecurrentOptions(3, 4)), x, loss_of_last).to_json());
  }
  EXPECT_EQ(found[0], found[1]);
}

TEST(Analysis, TakesWholeNumbersForWhatTheModuleTakesThemFor) {
  torch::manual_seed(12);
  Gru gru(3, 4);
  const auto numbers = torch::randint(3, {10, 2}, torch::kInt);
  const auto one_hot = torch::one_hot(numbers.to(torch::kLong), 3);
  EXPECT_EQ(analyse(*gru, numbers, loss_of_last).to_json(),
            analyse(*gru, one_hot.to(torch::kFloat), loss_of_last).to_json());
  EXPECT_NE(error_of([&] { analyse(*gru, one_hot, loss_of_last); }).find("is Long with 3 features"),
            std::string::npos);
}

TEST(Analysis, ReadsTheBatchFirstWhereTheModuleDoes) {
  torch::manual_seed(12);
  Gru time_first(RecurrentOptions(3, 4)), batch_first(RecurrentOptions(3, 4).batch_first(true));
  {
    const torch::NoGradGuard no_grad;
    for (auto& p : batch_first->named_parameters()) p.value().copy_(time_first->named_parameters()[p.key()]);
  }
  const auto x = torch::randn({10, 2, 3});
  const auto last = [](const Tensor& y) { return y.select(1, -1).square().sum(); };
  EXPECT_EQ(analyse(*batch_first, x.transpose(0, 1), last).to_json(),
            analyse(*time_first, x, loss_of_last).to_json());
}

TEST(Analysis, LooksAtTheLastStepsOfLongSequencesAndSaysSo) {
  torch::manual_seed(13);
  Lstm lstm(RecurrentOptions(3, 4));
  const auto analysis =
      analyse(*lstm, torch::randn({30, 2, 3}), loss_of_last, {.steps = 10, .lag_steps = 5, .exponents = 3});
  EXPECT_EQ(analysis.steps, 10);
  EXPECT_EQ(analysis.lags[0].figure.share.size(), 5u);
  EXPECT_EQ(analysis.lyapunov[0].figure.exponents.size(), 3u);
  EXPECT_EQ(analysis.notes.size(), 3u);
}

TEST(Analysis, OfTwoDirectionsFollowsBothAndLeavesOutTruncation) {
  torch::manual_seed(14);
  Gru gru(RecurrentOptions(3, 4).bidirectional(true));
  const json m = analyse(*gru, torch::randn({8, 2, 3}), loss_of_last, {.steps = 5}).to_json();
  EXPECT_EQ(m["lyapunov"][1]["direction"], "reverse");
  EXPECT_EQ(m["lyapunov"][1]["steps"], 8);
  EXPECT_TRUE(m["truncation"].empty());
  EXPECT_EQ(m["notes"].size(), 2u);
}

TEST(Analysis, WritesNullForWhatIsNotFinite) {
  Recurrent<OwnLinearCell> module(RecurrentOptions(3, 2));
  {
    const torch::NoGradGuard no_grad;
    module->weights({}).weight_hh.zero_();
  }
  const json m = analyse(*module, torch::randn({5, 1, 3}), loss_of_last).to_json();
  EXPECT_TRUE(m["lyapunov"][0]["exponents"][0].is_null());
  EXPECT_TRUE(m["curves"][0]["last_loss"]["h"][0].is_null());
  EXPECT_FALSE(m["curves"][0]["last_loss"]["h"][4].is_null());
  EXPECT_NE(m.dump().find("null"), std::string::npos);
}

TEST(Analysis, NeedsNoGradientModeOfItsCaller) {
  torch::manual_seed(15);
  Gru gru(RecurrentOptions(3, 4));
  const auto x = torch::randn({6, 2, 3});
  const json with = analyse(*gru, x, loss_of_last).to_json();
  const torch::NoGradGuard no_grad;
  EXPECT_EQ(analyse(*gru, x, loss_of_last).to_json(), with);
}

TEST(Analysis, RefusesInputsOfTheWrongShapeAndOptionsBelowOne) {
  Lstm lstm(RecurrentOptions(3, 4));
  EXPECT_NE(error_of([&] { analyse(*lstm, torch::randn({5, 3}), loss_of_last); }).find("3"),
            std::string::npos);
  EXPECT_NE(error_of([&] { analyse(*lstm, torch::randn({5, 2, 3}), loss_of_last, {.steps = 0}); }), "");
  EXPECT_NE(error_of([&] { analyse(*lstm, torch::randn({5, 2, 7}), loss_of_last); }), "");
  EXPECT_NE(error_of([&] { analyse(*lstm, torch::randn({0, 2, 3}), loss_of_last); }), "");
}

}  // namespace
}  // namespace carousel::testing
