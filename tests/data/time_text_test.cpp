#include <cmath>

#include "carousel/data/time_axis.h"

#include "data/data_support.h"
#include "data/table_by_hand.h"

namespace carousel::test {
namespace {

TEST(TimeText, ReadsEveryFormInWhichTablesWriteATime) {
  const std::vector<std::pair<std::string, double>> forms{
      {"2016-07-01 00:00:00", july},
      {"2016-07-01T00:00:00.5Z", july + 0.5},
      {"2016-07-01T00:00:00+02:00", july - 7200},
      {"2016-07-01 00:00:00 +0200", july - 7200},
      {"2016-07-01 00:00-03", july + 10'800},
      {"2016-07-01 00:00:00-0330", july + 12'600},
      {"2016-07-01 00:00", july},
      {"2016-07-01T05", july + 18'000},
      {"2016-07-01 00:00:00.000001", july + 1e-6},
      {"2016-07-01 00:00:00.10000000000000000001", july + 0.1},
      {"2016-07-01 13:59:58.125", july + 50'398.125},
      {"2016-07-01", july},
      {"2016-07", july},
      {"2016/07/01", july},
      {"2016/7/1 5:00", july + 18'000},
      {" 2016-07-01\t", july},
      {"1970-01-01", 0},
      {"1969-12-31 23:59:59.75", -0.25},
      {"1900-03-01", -2'203'891'200},
      {"2000-02-29", 951'782'400},
      {"0001-01-01", -62'135'596'800},
      {"9999-12-31 23:59:59", 253'402'300'799}};
  for (const auto& [text, seconds] : forms) {
    EXPECT_EQ(parse_time(text), std::optional(seconds)) << text;
  }
}

TEST(TimeText, ReadsNothingThatIsNoTime) {
  for (const auto* text : {"",
                           " ",
                           "2016",
                           "2016-",
                           "2016-13",
                           "2016-00",
                           "2016-07-00",
                           "2016-07-32",
                           "2015-02-29",
                           "1900-02-29",
                           "2016-04-31",
                           "0000-01-01",
                           "16-07-01",
                           "02016-07-01",
                           "2016-07/01",
                           "2016-07-01x",
                           "2016-07-01 0",
                           "2016-07-01 00:",
                           "2016-07-01 24:00",
                           "2016-07-01 00:60",
                           "2016-07-01 00:00:60",
                           "2016-07-01 00:00:1",
                           "2016-07-01 00:00:00.",
                           "2016-07-01 00:00:00.x",
                           "2016-07-01 00:00:00+",
                           "2016-07-01 00:00:00+2",
                           "2016-07-01 00:00:00+24:00",
                           "2016-07-01 00:00:00+02:60",
                           "2016-07-01 00:00:00+02:",
                           "2016-07-01 00:00:00+02000",
                           "2016-07-01 00:00:00ZZ",
                           "2016-07-01  00:00",
                           "2016-07-01Z",
                           "+2016-07-01",
                           "-016-07-01",
                           "2016-07-01\n",
                           "01/07/2016",
                           "20160701",
                           "12:00",
                           "nan",
                           "\xEF\xBC\x92\x30\x31\x36-07-01"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(TimeText, WritesAsManyDecimalsAsATimeNeedsAndAtMostSix) {
  EXPECT_EQ(format_time(july), "2016-07-01 00:00:00");
  EXPECT_EQ(format_time(july + 0.5), "2016-07-01 00:00:00.5");
  EXPECT_EQ(format_time(july + 0.1), "2016-07-01 00:00:00.1");
  EXPECT_EQ(format_time(july + 86'399.000'25), "2016-07-01 23:59:59.00025");
  EXPECT_EQ(format_time(10.0 / 3), "1970-01-01 00:00:03.333333");
  EXPECT_EQ(format_time(-0.25), "1969-12-31 23:59:59.75");
  EXPECT_EQ(format_time(-62'135'596'800), "0001-01-01 00:00:00");
  EXPECT_EQ(format_time(253'402'300'799), "9999-12-31 23:59:59");
  EXPECT_EQ(format_time(59.999'999'9), "1970-01-01 00:01:00");
}

TEST(TimeText, CutsATimeToItsDayOrMonth) {
  EXPECT_EQ(format_time(july + 86'399, TimeUnit::day), "2016-07-01");
  EXPECT_EQ(format_time(july - 1, TimeUnit::day), "2016-06-30");
  EXPECT_EQ(format_time(july - 1, TimeUnit::month), "2016-06");
  EXPECT_EQ(format_time(-1, TimeUnit::day), "1969-12-31");
}

TEST(TimeText, WritesWhatIsNoTimeOfTheCalendarAsItIs) {
  EXPECT_EQ(format_time(missing), "");
  EXPECT_EQ(format_time(missing, TimeUnit::month), "");
  EXPECT_EQ(format_time(1e300), "1e+300");
  EXPECT_EQ(format_time(-INFINITY), "-inf");
  EXPECT_EQ(format_time(253'402'300'800), "253402300800");
}

TEST(TimeText, ReadsBackEveryTimeThatItWrote) {
  for (double seconds = -62'135'596'800; seconds < 253'402'300'800; seconds += 123'456'789.25) {
    ASSERT_EQ(parse_time(format_time(seconds)), std::optional(seconds)) << format_time(seconds);
  }
  for (int day = 0; day < 146'097; ++day) {  // every day of the 400 years after which the calendar repeats
    const double seconds = 86'400.0 * day;
    ASSERT_EQ(parse_time(format_time(seconds, TimeUnit::day)), std::optional(seconds));
  }
}

TEST(TimeText, FindsTheCoarsestUnitInWhichTimesAreWhole) {
  const auto unit = [](const std::vector<double>& times) { return unit_of(times); };
  EXPECT_EQ(unit({july, july + 31 * day}), TimeUnit::month);
  EXPECT_EQ(unit({july, missing, july + day}), TimeUnit::day);
  EXPECT_EQ(unit({july, july + day, july + day + 1}), TimeUnit::second);
  EXPECT_EQ(unit({july + 0.5}), TimeUnit::second);
  EXPECT_EQ(unit({-day}), TimeUnit::day);
  EXPECT_EQ(unit({1e300}), TimeUnit::second);
  EXPECT_EQ(unit({}), TimeUnit::second);
  EXPECT_EQ(unit({missing}), TimeUnit::second);
}

}  // namespace
}  // namespace carousel::test
