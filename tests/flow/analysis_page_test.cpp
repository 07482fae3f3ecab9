// The figures of an analysis as text.
#include <cmath>

#include <gtest/gtest.h>

#include "flow/analysis_figures.h"

namespace carousel {
namespace {

TEST(Sparkline, GoesFromTheLowestToTheHighestAndMarksWhatIsMissing) {
  EXPECT_EQ(sparkline({0.0, 7.0, -INFINITY, 3.5}, 9), "▁█·▅");
  EXPECT_EQ(sparkline({1.0, 1.0}, 9), "▅▅");
  EXPECT_EQ(sparkline({}, 9), "");
  EXPECT_EQ(sparkline({0.50, 0.51}, 9, 1.0), "▄▅");
  EXPECT_EQ(sparkline({0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, 3), "▁▅█");
}

}  // namespace
}  // namespace carousel
