// The gradient taken apart by lags, and cut by truncation.
#include "carousel/flow/lags.h"

#include <cmath>
#include <numeric>

#include "carousel/error.h"
#include "carousel/flow/curves.h"
#include "carousel/flow/truncation.h"
#include "carousel/recurrent/recurrent_product.h"

#include "flow_support.h"
#include "support/error_of.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

/// With a recurrent matrix, whose gradient has lags.
std::vector<std::string> elementwise_cells() {
  const auto cells = CellRegistry::with_built_in();
  auto names = built_in_cells();
  std::erase(names, "layer-norm-lstm");
  std::erase_if(names, [&](const std::string& name) {
    return cells.find(name).facts.recurrence.form == Recurrence::Form::none;
  });
  return names;
}

class Lags : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(BuiltIn, Lags, ::testing::ValuesIn(elementwise_cells()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST_P(Lags, SumToTheGradientOfEveryLayerAndDirection) {
  torch::manual_seed(7);
  const auto module = CellRegistry::with_built_in().make(
      GetParam(), RecurrentOptions(3, 5).num_layers(2).bidirectional(true));
  const PackedBatch rows{torch::randn({13, 3}, torch::kDouble), {3, 3, 2, 2, 1, 1, 1}};
  const Followed followed(*module, rows);
  loss_of_all(followed.copy->run(rows, {}).output).backward();
  for (std::size_t l = 0; l < followed.layers.size(); ++l) {
    const auto profile = lag_profile(followed.jacobians[l]);
    const auto sparse = followed.copy->weights(followed.layers[l].id).weight_hh.grad();
    const auto gradient =
        dense_recurrent(sparse, sparse, static_cast<std::int64_t>(followed.copy->facts().gates.size()), 5);
    EXPECT_LE(difference(profile.total, gradient), 1e-10) << "layer " << l;
    EXPECT_GT(gradient.norm().item<double>(), 0.0);
    EXPECT_EQ(profile.share.size(), 7u);
    EXPECT_NEAR(std::accumulate(profile.share.begin(), profile.share.end(), 0.0), 1.0, 1e-12);
  }
}

TEST(LagsOfARecurrence, SumToTheGradientOfTheEntriesThatThereAre) {
  torch::manual_seed(7);
  for (const char* form : {"heads:2", "diagonal"}) {
    const auto module = CellRegistry::with_built_in().make(
        "lstm", RecurrentOptions(3, 6).recurrence(Recurrence::parse(form)));
    const PackedBatch rows{torch::randn({6, 3}, torch::kDouble), {2, 2, 1, 1}};
    const Followed followed(*module, rows);
    loss_of_all(followed.copy->run(rows, {}).output).backward();
    const auto gradient = followed.copy->weights({}).weight_hh.grad();
    EXPECT_LE(difference(lag_profile(followed.jacobians[0]).total, dense_recurrent(gradient, gradient, 4, 6)),
              1e-10)
        << form;
  }
}

// One unit, weight w: an error of 1 that enters at the last step meets W_hh after l steps as w^l h_{T-l-1}.
TEST(LagsOfOneLinearUnit, AreWhatPencilAndPaperSay) {
  auto module = linear_network(1.0, 1);
  {
    const torch::NoGradGuard no_grad;
    auto weights = module->weights({});
    weights.weight_hh.fill_(0.5), weights.weight_ih.zero_(), weights.bias_ih.fill_(1.0),
        weights.bias_hh.zero_();
  }
  const Followed followed(*module, random_rows(4, 1, 3), [](const Tensor& y) { return y[-1].sum(); });
  const std::vector<double> h{0.0, 1.0, 1.5, 1.75};  // before each step
  const auto profile = lag_profile(followed.jacobians[0]);
  ASSERT_EQ(profile.log10_norm.size(), 4u);
  for (std::size_t lag = 0; lag < 3; ++lag) {
    EXPECT_NEAR(std::pow(10.0, profile.log10_norm[lag]), std::pow(0.5, lag) * h[3 - lag], 1e-12) << lag;
  }
  EXPECT_EQ(profile.log10_norm[3], -INFINITY);
  const auto window = lag_profile(followed.jacobians[0], 2);
  ASSERT_EQ(window.log10_norm.size(), 2u);
  EXPECT_NEAR(window.log10_norm[1], profile.log10_norm[1], 1e-12);
}

TEST(LagsOfAModule, AreRefusedWithASentence) {
  const auto module = CellRegistry::with_built_in().make("layer-norm-lstm", RecurrentOptions(3, 4));
  const Followed followed(*module, random_rows(3, 2, 3));
  EXPECT_NE(error_of([&] { lag_profile(followed.jacobians[0]); }).find("elementwise"), std::string::npos);
}

TEST(Truncation, LosesNothingWhenItIsAsLongAsTheSequence) {
  torch::manual_seed(8);
  Lstm lstm(RecurrentOptions(3, 6).num_layers(2));
  const auto copy = analysis_copy(*lstm);
  const FollowedBatch batch{random_rows(20, 3, 3), {}, loss_of_all};
  const auto biases = truncation_bias(*copy, batch, {1, 5, 10, 19, 20, 50});
  for (const auto& bias : biases) {
    if (bias.steps >= 20) {
      EXPECT_EQ(bias.cosine, 1.0);
      EXPECT_EQ(bias.angle_degrees, 0.0);
      EXPECT_EQ(bias.norm_ratio, 1.0);
    } else {
      EXPECT_LT(bias.cosine, 1.0) << bias.steps;
      EXPECT_GT(bias.angle_degrees, 0.0) << bias.steps;
    }
  }
  EXPECT_LT(biases[0].cosine, biases[3].cosine);
  EXPECT_NEAR(std::cos(biases[0].angle_degrees * M_PI / 180.0), biases[0].cosine, 1e-9);
}

// With an error at the last step alone, cut after one step: dL/dW_ih = x_T, dL/dW_hh = h_{T-1}, dL/db = 1.
TEST(Truncation, CutsTheGradientAtEverySegment) {
  const auto module = linear_network(1.0, 1);
  const auto loss = [](const Tensor& y) { return y[-1].sum(); };
  const Followed followed(*module, random_rows(6, 1, 3), loss);
  const auto bias = truncation_bias(*followed.copy, followed.batch, {1});
  double whole = 0.0;
  const auto output = followed.copy->run(followed.batch.rows, {}).output;
  for (const auto& g : torch::autograd::grad({loss(output)}, followed.copy->parameters())) {
    whole += g.square().sum().item<double>();
  }
  const auto x = followed.layers[0].input[-1][0], h = followed.layers[0].states[0][5][0];
  const double cut = (x.square().sum() + h.square().sum()).item<double>() + 2.0;
  EXPECT_NEAR(bias[0].norm_ratio, std::sqrt(cut / whole), 1e-12);
}

TEST(Truncation, IsRefusedForTwoDirections) {
  Lstm lstm(RecurrentOptions(3, 4).bidirectional(true));
  const auto copy = analysis_copy(*lstm);
  EXPECT_NE(error_of([&] { truncation_bias(*copy, {random_rows(4, 1, 3), {}, loss_of_all}, {2}); }), "");
}

TEST(UsualSegments, AreTheDecadesBelowTheLength) {
  EXPECT_EQ(usual_segments(60), (std::vector<std::int64_t>{1, 2, 5, 10, 20, 50}));
  EXPECT_EQ(usual_segments(50), (std::vector<std::int64_t>{1, 2, 5, 10, 20}));
  EXPECT_TRUE(usual_segments(1).empty());
}

TEST(GradientCurves, KeepTheLastStepsErrorApartWhereThereAreOthers) {
  const auto module = linear_network(0.9, 6);
  const auto copy = analysis_copy(*module);
  const auto rows = random_rows(30, 2, 3);
  const auto last_alone = [](const Tensor& y) { return y.narrow(0, y.size(0) - 2, 2).sum(); };
  const auto single = gradient_curves(*copy, {rows, {}, last_alone}).layers[0];
  const auto every = gradient_curves(*copy, {rows, {}, [](const Tensor& y) { return y.sum(); }}).layers[0];
  EXPECT_TRUE(single.last_loss_log10.empty());
  ASSERT_EQ(every.last_loss_log10.size(), 1u);
  for (std::size_t t = 0; t < 30; ++t) {
    EXPECT_NEAR(every.last_loss_log10[0][t], single.gradient_log10[0][t], 1e-12);
    EXPECT_NEAR(single.gradient_log10[0][t] - single.gradient_log10[0][29],
                static_cast<double>(29 - t) * std::log10(0.9), 1e-10);
  }
  EXPECT_GT(every.gradient_log10[0][0], every.last_loss_log10[0][0]);
}

TEST(GradientCurves, CountTheEndsOfBothDirectionsAsOneErrorAtTheEnd) {
  Lstm lstm(RecurrentOptions(3, 4).bidirectional(true));
  const auto copy = analysis_copy(*lstm);
  const PackedBatch rows{torch::randn({7, 3}, torch::kDouble), {3, 2, 1, 1}};
  const auto ends = [](const Tensor& y) {
    const auto last = y.index_select(0, torch::tensor({6, 4, 2})).narrow(1, 0, 4);
    return last.sum() + y.narrow(0, 0, 3).narrow(1, 4, 4).sum();
  };
  EXPECT_TRUE(gradient_curves(*copy, {rows, {}, ends}).layers[0].last_loss_log10.empty());
  EXPECT_FALSE(gradient_curves(*copy, {rows, {}, loss_of_all}).layers[0].last_loss_log10.empty());
}

TEST(MemoryTimes, AreThoseOfTheKeepGatesMean) {
  Lstm lstm(RecurrentOptions(2, 3));
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : lstm->parameters()) parameter.zero_();
    lstm->weights({}).bias_ih.narrow(0, 3, 3).copy_(torch::tensor({0.0, 900.0, 3.0}));
  }
  const PackedBatch rows{torch::randn({4, 2}, torch::kDouble), {2, 1, 1}};
  const Followed followed(*lstm, rows);
  const auto times = memory_times(followed.layers[0], lstm->facts());
  ASSERT_EQ(times.size(), 3u);
  EXPECT_NEAR(times[0], 1.0 / std::log(2.0), 1e-12);
  EXPECT_NEAR(times[1], 1.0 / std::log1p(std::exp(-3.0)), 1e-9);
  EXPECT_EQ(times[2], INFINITY);
  EXPECT_TRUE(memory_times(followed.layers[0], facts_of<RnnCell>()).empty());
  EXPECT_NEAR(quantile({1.0, 2.0, 4.0}, 0.75), 3.0, 1e-15);
  EXPECT_EQ(quantile({INFINITY, INFINITY}, 0.5), INFINITY);
  EXPECT_EQ(quantile({-INFINITY, 1.0}, 0.5), -INFINITY);
  EXPECT_EQ(quantile({1.0, INFINITY}, 0.0), 1.0);
}

}  // namespace
}  // namespace carousel::testing
