// Clipping does what it says, and says what it saw.
#include "carousel/train/clip.h"

#include <cmath>

#include <torch/nn/utils/clip_grad.h>

#include "carousel/error.h"
#include "carousel/torch.h"
#include "carousel/train/parameters.h"
#include "carousel/train/state_dict.h"

#include "support/parity.h"

namespace carousel::testing {
namespace {

struct Two : torch::nn::Module {
  Two() {
    a = register_parameter("a", torch::zeros({2}, torch::kDouble));
    b = register_parameter("b", torch::zeros({1}, torch::kDouble));
    unused = register_parameter("unused", torch::zeros({1}, torch::kDouble));
    a.mutable_grad() = torch::tensor({3.0, 0.0}, torch::kDouble);
    b.mutable_grad() = torch::tensor({-4.0}, torch::kDouble);
  }
  torch::Tensor gradient() const { return torch::cat({a.grad(), b.grad()}); }
  torch::Tensor a, b, unused;
};

TEST(ClipNorm, ScalesALongGradientToTheLimitAndKeepsItsDirection) {
  Two module;
  const auto before = module.gradient().clone();
  const auto report = clip_gradients(module, {.mode = ClipMode::norm, .limit = 1.0});
  EXPECT_DOUBLE_EQ(report.norm_before, 5.0);
  EXPECT_NEAR(module.gradient().norm().item<double>(), 1.0, 1e-6);  // torch divides by norm + 1e-6
  EXPECT_NEAR(report.norm_after, module.gradient().norm().item<double>(), 1e-14);
  EXPECT_NEAR(report.coefficient, 0.2, 1e-6);
  EXPECT_TRUE(report.clipped);
  const double cosine = torch::cosine_similarity(before, module.gradient(), 0).item<double>();
  EXPECT_NEAR(cosine, 1.0, 1e-14);
}

TEST(ClipNorm, LeavesAShortGradientAlone) {
  Two module;
  const auto before = module.gradient().clone();
  const auto report = clip_gradients(module, {.mode = ClipMode::norm, .limit = 6.0});
  EXPECT_TRUE(torch::equal(before, module.gradient()));
  EXPECT_FALSE(report.clipped);
  EXPECT_EQ(report.coefficient, 1.0);
}

TEST(ClipValue, BoundsEveryEntry) {
  Two module;
  const auto report = clip_gradients(module, {.mode = ClipMode::value, .limit = 3.5});
  EXPECT_TRUE(torch::equal(module.gradient(), torch::tensor({3.0, 0.0, -3.5}, torch::kDouble)));
  EXPECT_TRUE(report.clipped);
  EXPECT_DOUBLE_EQ(report.norm_after, std::hypot(3.0, 3.5));
}

TEST(ClipReportOnly, ChangesNothingAndMeasures) {
  Two module;
  const auto before = module.gradient().clone();
  const auto report = clip_gradients(module, {.mode = ClipMode::report, .limit = 0.1});
  EXPECT_TRUE(torch::equal(before, module.gradient()));
  EXPECT_DOUBLE_EQ(report.norm_before, 5.0);
  EXPECT_FALSE(report.clipped);
}

TEST(Clip, NamesTheFirstParameterThatIsNotFiniteAndChangesNothing) {
  Two module;
  module.b.mutable_grad()[0] = NAN;
  const auto report = clip_gradients(module, {.limit = 1.0});
  EXPECT_EQ(report.first_non_finite, "b");
  EXPECT_FALSE(report.finite());
  EXPECT_EQ(module.a.grad()[0].item<double>(), 3.0);
}

TEST(Clip, ReportsEachParametersNormAndSkipsThoseWithoutGradient) {
  Two module;
  const auto report = clip_gradients(module, {.limit = 1.0});
  ASSERT_EQ(report.parameters.size(), 2u);
  EXPECT_EQ(report.parameters[0].name, "a");
  EXPECT_DOUBLE_EQ(report.parameters[1].gradient_norm, 4.0);
}

TEST(Clip, MeasuresAFloatGradientWhoseSquaresFloatCannotHold) {
  torch::nn::Linear tiny(5, 4);
  const auto entries = torch::full({4, 5}, 1e-30);
  tiny->weight.mutable_grad() = entries;
  EXPECT_NEAR(clip_gradients(*tiny, {}).norm_before / (1e-30 * std::sqrt(20.0)), 1.0, 1e-6);
  tiny->weight.mutable_grad() = entries.t().clone().t();  // not contiguous
  EXPECT_NEAR(clip_gradients(*tiny, {}).norm_before / (1e-30 * std::sqrt(20.0)), 1.0, 1e-6);
}

// Lengths that fill the lanes of the inner loop and that leave a rest.
TEST(Clip, EqualsTorchsClippingForEveryLengthLayoutAndType) {
  for (const auto dtype : {torch::kFloat, torch::kDouble}) {
    for (const bool by_value : {false, true}) {
      for (std::int64_t n = 1; n < 20; ++n) {
        torch::nn::Linear ours(n, 3), theirs(n, 3);
        torch::manual_seed(static_cast<std::uint64_t>(n));
        const auto rows = torch::randn({3, n}, dtype), columns = torch::randn({n, 3}, dtype).t();
        const auto weight = n % 2 ? rows : columns, bias = 0.1 * torch::arange(3.0, dtype);
        ours->weight.mutable_grad() = weight.clone(), ours->bias.mutable_grad() = bias.clone();
        theirs->weight.mutable_grad() = weight.clone(), theirs->bias.mutable_grad() = bias.clone();
        const auto report =
            clip_gradients(*ours, {.mode = by_value ? ClipMode::value : ClipMode::norm, .limit = 0.7});
        by_value ? torch::nn::utils::clip_grad_value_(theirs->parameters(), 0.7)
                 : void(torch::nn::utils::clip_grad_norm_(theirs->parameters(), 0.7));
        EXPECT_LE(difference(ours->weight.grad(), theirs->weight.grad()), 1e-6) << n;
        EXPECT_LE(difference(ours->bias.grad(), theirs->bias.grad()), 1e-6) << n;
        const auto norm = torch::cat({ours->weight.grad().flatten(), ours->bias.grad()}).norm();
        EXPECT_NEAR(report.norm_after, norm.item<double>(), 1e-6) << n;
      }
    }
  }
}

// Torch's coefficient is limit / (norm + 1e-6), which is below 1 for a norm a hair below the limit too.
TEST(ClipNorm, ANormBelowTheLimitDoesNotCountAsClipped) {
  torch::nn::Linear ours(1, 1), theirs(1, 1);
  for (auto* layer : {&ours, &theirs}) {
    (*layer)->to(torch::kDouble);
    (*layer)->weight.mutable_grad() = torch::full({1, 1}, 5e-7, torch::kDouble);
  }
  const auto report = clip_gradients(*ours, {.limit = 1e-6});
  torch::nn::utils::clip_grad_norm_(theirs->parameters(), 1e-6);
  EXPECT_FALSE(report.clipped);
  EXPECT_DOUBLE_EQ(report.norm_after, theirs->weight.grad().item<double>());
  EXPECT_DOUBLE_EQ(ours->weight.grad().item<double>(), theirs->weight.grad().item<double>());
}

struct Tied : torch::nn::Module {
  Tied() {
    weight = register_parameter("weight", torch::zeros({2}, torch::kDouble));
    register_parameter("again", weight);
    weight.mutable_grad() = torch::tensor({3.0, 4.0}, torch::kDouble);
  }
  torch::Tensor weight;
};

TEST(Clip, ATensorUnderTwoNamesCountsAndIsClippedOnce) {
  Tied module;
  const auto report = clip_gradients(module, {.limit = 1.0});
  EXPECT_DOUBLE_EQ(report.norm_before, 5.0);
  EXPECT_NEAR(module.weight.grad().norm().item<double>(), 1.0, 1e-6);
  EXPECT_EQ(report.parameters.size(), 1u);
}

TEST(Parameters, AreListedOnceUnderTheFirstNameAndSavedUnderBoth) {
  const Tied module;
  ASSERT_EQ(parameters_once(module).size(), 1u);
  EXPECT_EQ(parameters_once(module)[0].name, "weight");
  EXPECT_EQ(count_parameters(module), 2);
  EXPECT_EQ(state_dict(module).size(), 2u);
}

/// Rows 1, 2, 1 of a [4, 2] gradient: together {4, 0} and {0, 2}, of norm sqrt(20).
torch::Tensor sparse_gradient() {
  const auto rows = torch::tensor({{1, 2, 1}}, torch::kLong);
  const auto values = torch::tensor({{1.0, 0.0}, {0.0, 2.0}, {3.0, 0.0}}, torch::kDouble);
  return torch::sparse_coo_tensor(rows, values, {4, 2});
}

TEST(Clip, OfASparseGradientItsRowsAreAddedUpFirst) {
  for (const ClipMode mode : {ClipMode::norm, ClipMode::value, ClipMode::report}) {
    torch::nn::Embedding sparse(4, 2);
    sparse->to(torch::kDouble);
    sparse->weight.mutable_grad() = sparse_gradient();
    const auto report = clip_gradients(*sparse, {.mode = mode, .limit = 2.5});
    EXPECT_NEAR(report.norm_before, std::sqrt(20.0), 1e-12);
    const auto dense = sparse->weight.grad().to_dense();
    EXPECT_NEAR(report.norm_after, dense.norm().item<double>(), 1e-12);
    const double expected = mode == ClipMode::norm    ? 4.0 * 2.5 / (std::sqrt(20.0) + 1e-6)
                            : mode == ClipMode::value ? 2.5
                                                      : 4.0;
    EXPECT_NEAR(dense[1][0].item<double>(), expected, 1e-12);
  }
}

TEST(Clip, ALimitOfZeroIsRefused) {
  EXPECT_THROW(check(ClipOptions{.limit = 0.0}), Error);
}

}  // namespace
}  // namespace carousel::testing
