#include "carousel/flow/spikes.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace carousel::testing {
namespace {

/// A detector that has seen `n` values around exp(mean).
SpikeDetector fed(int n, double mean, double deviation, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(mean, deviation);
  SpikeDetector detector;
  for (int i = 0; i < n; ++i) EXPECT_FALSE(detector.add(std::exp(normal(random))));
  return detector;
}

TEST(SpikeDetector, FindsTheOneValueThatStandsOut) {
  auto detector = fed(150, 0.0, 0.2);
  const auto spike = detector.add(20.0);
  ASSERT_TRUE(spike);
  EXPECT_EQ(spike->value, 20.0);
  EXPECT_NEAR(spike->median, 1.0, 0.1);
  EXPECT_NEAR(spike->z, std::log(20.0) / 0.2, 3.0) << "the MAD estimates the deviation of a normal series";
}

TEST(SpikeDetector, IsNotMovedByTheOutliersThemselves) {
  SpikeDetector with_outliers({.cool_down = 0});
  for (int i = 0; i < 150; ++i) with_outliers.add(i % 5 == 4 ? 1e4 : 1.0 + 0.1 * (i % 3));
  EXPECT_TRUE(with_outliers.add(1e4)) << "a fifth of the window is as large, its median is not";
}

TEST(SpikeDetector, LetsAFallPass) {
  auto detector = fed(150, 0.0, 0.1);
  EXPECT_FALSE(detector.add(1e-6));
}

TEST(SpikeDetector, SaysNothingBeforeItHasSeenEnough) {
  SpikeDetector detector({.least = 50});
  for (int i = 0; i < 49; ++i) detector.add(1.0);
  EXPECT_FALSE(detector.add(1e6));
  EXPECT_FALSE(detector.add(1.0));
  EXPECT_TRUE(detector.add(1e6));
}

TEST(SpikeDetector, TellsABurstOnce) {
  auto detector = fed(150, 0.0, 0.1);
  EXPECT_TRUE(detector.add(50.0));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(detector.add(50.0)) << i;
  EXPECT_TRUE(detector.add(50.0)) << "it goes on";
}

TEST(SpikeDetector, FollowsASlowRise) {
  SpikeDetector detector;
  for (int i = 0; i < 2000; ++i) EXPECT_FALSE(detector.add(std::exp(0.01 * i))) << i;
}

TEST(SpikeDetector, DoesNotMakeASpikeOfEveryPercentOfAConstantSeries) {
  SpikeDetector detector;
  for (int i = 0; i < 100; ++i) detector.add(2.0);
  EXPECT_FALSE(detector.add(2.2));
  EXPECT_TRUE(detector.add(4.0));
}

TEST(SpikeDetector, PassesOverWhatIsNotFiniteAndPositive) {
  auto detector = fed(150, 0.0, 0.1);
  EXPECT_FALSE(detector.add(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(detector.add(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(detector.add(0.0));
  EXPECT_TRUE(detector.add(50.0)) << "and they are not in the window";
}

}  // namespace
}  // namespace carousel::testing
