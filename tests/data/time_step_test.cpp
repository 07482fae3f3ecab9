#include <cmath>
#include <limits>

#include "carousel/data/time_axis.h"

#include "data/data_support.h"
#include "data/table_by_hand.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsNan;

using Groups = std::vector<std::int64_t>;

Column time_of(const std::vector<std::string>& moments) {
  Column time{.name = "date", .kind = ColumnKind::time};
  for (const auto& text : moments) time.values.push_back(parse_time(text).value_or(missing));
  return time;
}

TimeStep step_in(const Column& time, Groups groups = {}) {
  if (groups.empty()) groups = {0, std::ssize(time.values)};
  return step_of(table_of({time}), time, groups);
}

TimeStep step_between(const std::vector<std::string>& moments, const Groups& groups = {}) {
  return step_in(time_of(moments), groups);
}

/// `count` times a step apart.
Column clock(double first, double step, int count) {
  Column time{.name = "t", .kind = ColumnKind::time};
  for (int i = 0; i < count; ++i) time.values.push_back(first + i * step);
  return time;
}

TEST(TimeStep, IsTheCommonestDifferenceOfNeighbours) {
  EXPECT_EQ(step_between({"2016-07-01 00:00", "2016-07-01 01:00", "2016-07-01 02:00", "2016-07-02 00:00"}),
            (TimeStep{.seconds = 3600}));
  EXPECT_EQ(step_between({"2016-07-01", "2016-07-04", "2016-07-05"}),
            (TimeStep{.seconds = 86'400}));  // the smallest of equals
  EXPECT_EQ(step_between({"2016-07-01", "2016-07-08", "2016-07-15"}), (TimeStep{.seconds = 7 * 86'400}));
}

TEST(TimeStep, DoesNotLookAcrossTheBordersOfGroups) {
  EXPECT_EQ(step_between({"2016-07-01 00:00", "2016-07-01 01:00", "2016-07-01 00:00", "2016-07-01 01:00",
                          "2015-01-01"},
                         {0, 2, 4, 5}),
            (TimeStep{.seconds = 3600}));
  EXPECT_EQ(step_between({"2016-07-01", "2016-07-02"}, {0, 1, 2}), TimeStep{});
  EXPECT_EQ(step_between({"2016-07-01"}), TimeStep{});
}

TEST(TimeStep, IsOfMonthsWhereTheDayStaysTheSame) {
  EXPECT_EQ(step_between({"2016-01", "2016-02", "2016-03", "2016-05"}), TimeStep{.months = 1});
  EXPECT_EQ(step_between({"2016-01-15 06:00", "2016-04-15 06:00", "2016-07-15 06:00"}),
            TimeStep{.months = 3});
  EXPECT_EQ(step_between({"2014-01-01", "2015-01-01", "2016-01-01"}), TimeStep{.months = 12});
  EXPECT_EQ(step_between({"2016-01", "2016-02", "2016-01", "2016-02"}, {0, 2, 4}), TimeStep{.months = 1});
  EXPECT_EQ(step_between({"2016-02-01 06:00", "2016-03-01 06:01"}).months, 0);
  EXPECT_EQ(step_between({"2016-02-01", "2016-03-02"}), TimeStep{.seconds = 30 * 86'400});
}

TEST(TimeStep, IsOfMonthsWhereEachIsTheLastDayOfItsOwn) {
  const TimeStep monthly{.months = 1, .month_end = true};
  EXPECT_EQ(step_between({"2016-01-31", "2016-02-29", "2016-03-31", "2016-04-30"}), monthly);
  const auto time = time_of({"2015-01-31", "2015-02-28", "2015-03-31", "2015-05-31"});
  EXPECT_THAT(gaps_of(time, Groups{0, 4}, monthly), ElementsAre(3));
  EXPECT_EQ(format_time(monthly.after(time.values[1], 1), TimeUnit::day), "2015-03-31");
  EXPECT_EQ(step_between({"2016-01-31", "2016-02-28"}).months, 0);  // of a leap year
}

TEST(TimeStep, IsNotLostInTheRoundingOfDoubles) {
  const double now = july;  // where neighbouring doubles are 2.4e-7 apart
  EXPECT_EQ(step_in(clock(now, 0.1, 1000)).seconds, 0.1);
  EXPECT_EQ(step_in(clock(now, 0.125, 1000)).seconds, 0.125);
  EXPECT_EQ(step_in(clock(0, 1e-7, 1000)).seconds, 1e-7);
  EXPECT_NEAR(step_in(clock(now, 1.0 / 3, 1000)).seconds, 1.0 / 3, 2e-6);
}

TEST(TimeStep, IsTheMedianForAClockThatTrembles) {
  auto time = clock(0, 10, 101);
  for (std::size_t i = 0; i < time.values.size(); ++i)
    time.values[i] += 0.01 * std::sin(static_cast<double>(i * i));
  EXPECT_NEAR(step_in(time).seconds, 10, 0.01);
  EXPECT_THAT(gaps_of(time, Groups{0, 101}, step_in(time)), IsEmpty());
}

TEST(TimeStep, NamesTheLineOfATimeThatIsMissingRepeatsOrGoesBack) {
  const auto refusal = [](const std::vector<std::string>& moments) {
    return message_of([&] { step_between(moments); });
  };
  EXPECT_THAT(refusal({"2016-07-01", "", "2016-07-03"}),
              HasSubstr("line 3 of 'x.csv' has no time in the column 'date'"));
  EXPECT_THAT(
      refusal({"2016-07-01", "2016-07-02", "2016-07-02"}),
      AllOf(HasSubstr("line 4 of 'x.csv' has the time 2016-07-02 00:00:00, the same as the row before it"),
            HasSubstr("--group")));
  EXPECT_THAT(refusal({"2016-07-02", "2016-07-01"}),
              AllOf(HasSubstr("line 3 of 'x.csv' has the time 2016-07-01 00:00:00, earlier than the "
                              "2016-07-02 00:00:00 of the row"),
                    HasSubstr("sort"), HasSubstr("--group")));
}

TEST(TimeStep, IsWrittenInItsLargestWholeUnit) {
  EXPECT_EQ((TimeStep{.seconds = 3600}).text(), "1 hour");
  EXPECT_EQ((TimeStep{.seconds = 900}).text(), "15 minutes");
  EXPECT_EQ((TimeStep{.seconds = 5400}).text(), "90 minutes");
  EXPECT_EQ((TimeStep{.seconds = 86'400}).text(), "1 day");
  EXPECT_EQ((TimeStep{.seconds = 604'800}).text(), "7 days");
  EXPECT_EQ((TimeStep{.seconds = 0.125}).text(), "0.125 seconds");
  EXPECT_EQ((TimeStep{.seconds = 1}).text(), "1 second");
  EXPECT_EQ((TimeStep{.seconds = 86'399}).text(), "86399 seconds");
  EXPECT_EQ((TimeStep{.months = 1}).text(), "1 month");
  EXPECT_EQ((TimeStep{.months = 3}).text(), "3 months");
  EXPECT_EQ((TimeStep{.months = 12}).text(), "1 year");
  EXPECT_EQ((TimeStep{.months = 24, .month_end = true}).text(), "2 years");
  EXPECT_EQ(TimeStep{}.text(), "an unknown step");
}

TEST(TimeStep, LeadsToTheLastDayOfAMonthThatIsTooShort) {
  const auto after = [](const char* from, const TimeStep& step, std::int64_t count) {
    return format_time(step.after(*parse_time(from), count));
  };
  EXPECT_EQ(after("2016-01-31", {.months = 1}, 1), "2016-02-29 00:00:00");
  EXPECT_EQ(after("2015-01-31 06:30:00.5", {.months = 1}, 1), "2015-02-28 06:30:00.5");
  EXPECT_EQ(after("2016-01-31", {.months = 1}, 2), "2016-03-31 00:00:00");
  EXPECT_EQ(after("2016-02-29", {.months = 12}, 1), "2017-02-28 00:00:00");
  EXPECT_EQ(after("2016-11-30", {.months = 1}, 2), "2017-01-30 00:00:00");
  EXPECT_EQ(after("2016-11-30", {.months = 1, .month_end = true}, 2), "2017-01-31 00:00:00");
  EXPECT_EQ(after("2016-01-01", {.months = 1}, -1), "2015-12-01 00:00:00");
  EXPECT_EQ(after("2016-01-01", {.seconds = 3600}, -1), "2015-12-31 23:00:00");
  EXPECT_EQ(after("2016-07-01", {.seconds = 0.1}, 3), "2016-07-01 00:00:00.3");
  EXPECT_EQ(after("9999-12-01", {.months = 1}, 1), "");
  EXPECT_EQ(after("0001-01-01", {.months = 1}, -1), "");
  EXPECT_EQ(after("2016-01-01", {.months = 1}, std::int64_t{1} << 62), "");
  EXPECT_EQ(after("2016-01-01", {.months = std::int64_t{1} << 62}, 4), "");
  EXPECT_EQ(after("2016-01-01", {.months = 4}, std::int64_t{1} << 62), "");  // whose product is 2^64
  EXPECT_EQ(after("2016-01-01", {.months = 1}, std::numeric_limits<std::int64_t>::min()), "");
  EXPECT_THAT((TimeStep{.months = 1}).after(missing, 1), IsNan());
}

TEST(TimeGaps, AreRowsThatDoNotFollowByOneStep) {
  const auto time = time_of(
      {"2016-07-01 00:00", "2016-07-01 01:00", "2016-07-01 03:00", "2016-07-01 03:30", "2016-07-01 04:30"});
  EXPECT_THAT(gaps_of(time, Groups{0, 5}, {.seconds = 3600}), ElementsAre(2, 3));
  EXPECT_THAT(gaps_of(time, Groups{0, 2, 5}, {.seconds = 3600}), ElementsAre(3));
  EXPECT_THAT(gaps_of(time, Groups{0, 5}, {}), IsEmpty());
}

TEST(TimeGaps, BeginAfterAHundredthOfAStep) {
  const Column time{
      .name = "t", .kind = ColumnKind::time, .values = {0, 100, 200.99, 299.99, 401.01, 500, missing, 700}};
  EXPECT_THAT(gaps_of(time, Groups{0, 8}, {.seconds = 100}), ElementsAre(4, 5, 6, 7));
}

TEST(TimeGaps, OfMonthsCountCalendarMonths) {
  const auto time = time_of({"2016-01-31", "2016-02-29", "2016-03-29", "2016-05-29", "2016-06-29"});
  EXPECT_THAT(gaps_of(time, Groups{0, 5}, {.months = 1}), ElementsAre(3));
}

}  // namespace
}  // namespace carousel::test
