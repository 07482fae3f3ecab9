#include <cmath>

#include "carousel/data/time_axis.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

double place(const char* name, const char* time) {
  return calendar_place(name, *parse_time(time));
}

TEST(Calendar, PlacesATimeInEachOfItsPeriods) {
  EXPECT_DOUBLE_EQ(place("minute", "2016-07-01 05:15:00"), 0.25);
  EXPECT_DOUBLE_EQ(place("minute", "2016-07-01 05:15:36"), 0.26);
  EXPECT_DOUBLE_EQ(place("hour", "2016-07-01 06:00"), 0.25);
  EXPECT_DOUBLE_EQ(place("hour", "2016-07-01 13:30"), 13.5 / 24);
  EXPECT_DOUBLE_EQ(place("weekday", "2016-07-04 23:00"), 0);  // a Monday
  EXPECT_DOUBLE_EQ(place("weekday", "2016-07-01"), 4.0 / 7);
  EXPECT_DOUBLE_EQ(place("weekday", "1969-12-28"), 6.0 / 7);
  EXPECT_DOUBLE_EQ(place("monthday", "2016-02-29"), 28.0 / 29);
  EXPECT_DOUBLE_EQ(place("monthday", "2015-02-15"), 0.5);
  EXPECT_DOUBLE_EQ(place("yearday", "2016-12-31"), 365.0 / 366);
  EXPECT_DOUBLE_EQ(place("yearday", "2015-12-31"), 364.0 / 365);
  EXPECT_DOUBLE_EQ(place("month", "2016-07-31"), 0.5);
  EXPECT_DOUBLE_EQ(place("month", "2016-12-31"), 11.0 / 12);
}

TEST(Calendar, StaysFromZeroToBelowOneAndOnTheCircle) {
  for (const auto& name : calendar_names()) {
    for (double seconds = -5e9; seconds < 5e9; seconds += 1'234'567.891) {
      const double at = calendar_place(name, seconds);
      ASSERT_GE(at, 0) << name;
      ASSERT_LT(at, 1) << name;
      const auto [sine, cosine] = calendar_feature(name, seconds);
      ASSERT_NEAR(std::hypot(sine, cosine), 1, 1e-15);
      ASSERT_NEAR(std::remainder(std::atan2(sine, cosine) / (2 * M_PI) - at, 1), 0, 1e-15);
    }
  }
}

TEST(Calendar, IsMissingWhereTheTimeIs) {
  for (const auto& name : calendar_names()) {
    EXPECT_TRUE(std::isnan(calendar_place(name, missing)));
    EXPECT_TRUE(std::isnan(calendar_place(name, 1e300)));
    EXPECT_TRUE(std::isnan(calendar_feature(name, missing).first));
  }
}

TEST(Calendar, KnowsNoOtherNames) {
  EXPECT_EQ(calendar_names().size(), 6u);
  EXPECT_THROW(calendar_place("week", missing), std::logic_error);
  EXPECT_THROW(calendar_feature("", 0), std::logic_error);
}

}  // namespace
}  // namespace carousel::test
