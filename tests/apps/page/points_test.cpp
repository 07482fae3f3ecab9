// Points of a chart: what stays of a long line.
#include "page/points.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carousel {
namespace {

using testing::ElementsAre;

ChartPoints wave(std::size_t count) {
  ChartPoints points;
  for (std::size_t i = 0; i < count; ++i)
    points.push_back({static_cast<double>(i), std::sin(static_cast<double>(i) / 50.0)});
  return points;
}

double y_at(const ChartPoints& points, double x) {
  const auto found = std::ranges::find_if(points, [&](const ChartPoint& p) { return p.x == x; });
  return found == points.end() ? -99.0 : found->y;
}

TEST(ThinnedPoints, KeepOneSpikeEachWayAndTheEnds) {
  ChartPoints points = wave(100'000);
  points[54'321].y = 40.0;
  points[54'322].y = -40.0;
  const ChartPoints kept = thinned(points, 500);
  EXPECT_LE(kept.size(), 500u);
  EXPECT_GT(kept.size(), 300u);
  EXPECT_EQ(y_at(kept, 54'321), 40.0);
  EXPECT_EQ(y_at(kept, 54'322), -40.0);
  EXPECT_EQ(kept.front().x, 0.0);
  EXPECT_EQ(kept.back().x, 99'999.0);
  EXPECT_TRUE(std::ranges::is_sorted(kept, {}, &ChartPoint::x));
}

TEST(ThinnedPoints, KeepAGap) {
  ChartPoints points = wave(10'000);
  points[7'000].y = std::nan("");
  EXPECT_TRUE(std::isnan(y_at(thinned(points, 200), 7'000)));
}

TEST(ThinnedPoints, AreAllThereIsWhenTheyFit) {
  EXPECT_EQ(thinned(wave(200), 200).size(), 200u);
  EXPECT_TRUE(thinned({}, 10).empty());
}

TEST(BucketMeans, LeaveOutWhatIsNoNumber) {
  const ChartPoints means = bucket_means({{1, 2.0}, {2, std::nan("")}, {3, 10.0}, {4, 20.0}}, 2);
  ASSERT_EQ(means.size(), 2u);
  EXPECT_EQ(means[0].y, 2.0);
  EXPECT_EQ(means[1].y, 15.0);
}

TEST(EvenlySpread, HasBothEndsAndNoneTwice) {
  EXPECT_THAT(evenly(3, 10), ElementsAre(0u, 1u, 2u));
  EXPECT_THAT(evenly(10, 4), ElementsAre(0u, 3u, 6u, 9u));
  EXPECT_THAT(evenly(0, 4), ElementsAre());
  EXPECT_THAT(evenly(5, 1), ElementsAre(4u));
}

TEST(ShortNumbers, HaveFiveDigitsAndAreNullWhereThereIsNone) {
  EXPECT_EQ(short_number(0.123456789).dump(), "0.12346");
  EXPECT_EQ(short_number(4000.0).dump(), "4000");
  EXPECT_TRUE(short_number(std::nan("")).is_null());
  EXPECT_TRUE(short_number(-INFINITY).is_null());
}

}  // namespace
}  // namespace carousel
