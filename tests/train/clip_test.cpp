// Clipping does what it says, and says what it saw.
#include "carousel/train/clip.h"

#include <cmath>

#include <torch/torch.h>

#include "carousel/error.h"

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

TEST(Clip, ALimitOfZeroIsRefused) {
  EXPECT_THROW(check(ClipOptions{.limit = 0.0}), Error);
}

}  // namespace
}  // namespace carousel::testing
