#include "carousel/data/time_axis.h"

#include "data/data_support.h"
#include "data/table_by_hand.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNan;

std::string refusal_of_parts(std::vector<Column> columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  return message_of([&] { time_of_parts(table_of(columns), names); });
}

TEST(TimeColumn, ReadsYearsDaysAndSecondsFromNumbers) {
  const auto times = [](const std::vector<double>& values) {
    const auto time = time_of_column(table_of({numbers("t", values)}), "t");
    EXPECT_EQ(time.kind, ColumnKind::time);
    EXPECT_EQ(time.name, "t");
    return time.values;
  };
  EXPECT_THAT(times({1970, missing, 2016}), ElementsAre(0, IsNan(), 1'451'606'400));
  EXPECT_THAT(times({1000, 3000}), ElementsAre(-30'610'224'000, 32'503'680'000));
  EXPECT_THAT(times({20'160'701, missing, 19'691'231}), ElementsAre(july, IsNan(), -day));
  EXPECT_THAT(times({20'160'701, 20'160'732}), ElementsAre(20'160'701, 20'160'732));  // not all are days
  EXPECT_THAT(times({1970, 2016.5}), ElementsAre(1970, 2016.5));
  EXPECT_THAT(times({999, 2016}), ElementsAre(999, 2016));
  EXPECT_THAT(times({july, july + 0.5}), ElementsAre(july, july + 0.5));
}

TEST(TimeColumn, ReadsTextsAndKeepsTimes) {
  auto column = texts("date", {"2016-07-01", "2016-07-02 00:00"});
  column.values = {1, missing, 0, 1};
  EXPECT_THAT(time_of_column(table_of({column}), "date").values,
              ElementsAre(july + day, IsNan(), july, july + day));
  column = numbers("date", {1, missing});
  column.kind = ColumnKind::time;
  EXPECT_THAT(time_of_parts(table_of({column}), {"date"}).values, ElementsAre(1, IsNan()));
}

TEST(TimeColumn, NamesTheLineAndValueOfWhatIsNoTime) {
  EXPECT_THAT(
      refusal_of_parts({texts("date", {"2016-07-01", "01/07/2016"})}),
      AllOf(HasSubstr("line 3 of 'x.csv' has '01/07/2016' in the column 'date'"), HasSubstr("write it as")));
  EXPECT_THAT(
      refusal_of_parts({numbers("ts", {1, 1'467'331'200'000})}),
      AllOf(HasSubstr("line 3 of 'x.csv' has 1467331200000 in the column 'ts'"), HasSubstr("by 1000")));
  auto column = numbers("on", {0, 1});
  column.kind = ColumnKind::boolean;
  EXPECT_THAT(refusal_of_parts({column}),
              AllOf(HasSubstr("'on'"), HasSubstr("'x.csv'"), HasSubstr("true and false")));
}

TEST(TimeParts, AddUpToATimeFromTheYearOn) {
  const auto table = table_of({numbers("y", {2016, 1969}), numbers("m", {7, 12}), numbers("d", {2, 31}),
                               numbers("h", {3, 23}), numbers("min", {4, 59}), numbers("s", {5.5, 59.75})});
  const auto times = [&](const std::vector<std::string>& names) {
    return time_of_parts(table, names).values;
  };
  EXPECT_THAT(times({"y", "m", "d", "h", "min", "s"}), ElementsAre(july + day + 11'045.5, -0.25));
  EXPECT_THAT(times({"y", "m", "d", "h"}), ElementsAre(july + day + 10'800, -3600));
  EXPECT_THAT(times({"y", "m"}), ElementsAre(july, -31 * day));
  EXPECT_EQ(time_of_parts(table, {"y", "m"}).name, "y,m");
  EXPECT_EQ(time_of_parts(table, {"y", "m"}).kind, ColumnKind::time);
}

TEST(TimeParts, AddHoursToADay) {
  const auto hour = numbers("hour", {0, 23}), minute = numbers("minute", {1, 2});
  for (const auto& date :
       {texts("date", {"2016-07-01", "2016/7/2"}), numbers("date", {20'160'701, 20'160'702})}) {
    const auto table = table_of({date, hour, minute});
    EXPECT_THAT(time_of_parts(table, {"date", "hour"}).values, ElementsAre(july, july + 2 * day - 3600));
    EXPECT_THAT(time_of_parts(table, {"date", "hour", "minute"}).values,
                ElementsAre(july + 60, july + 2 * day - 3480));
  }
}

TEST(TimeParts, RefuseWhatNoClockAndNoCalendarHas) {
  const auto year = numbers("year", {2016, 2015}), month = numbers("month", {2, 2}),
             first = numbers("day", {29, 28});
  struct Wrong {
    std::vector<Column> columns;
    std::string named;
  };
  for (const auto& [columns, named] : {
           Wrong{{year, numbers("month", {2, 13})},
                 "line 3 of 'x.csv' has 13 in the column 'month', but a month is a whole"},
           Wrong{{year, numbers("month", {0, 1})}, "line 2 of 'x.csv' has 0 in"},
           Wrong{{year, numbers("month", {1.5, 1})}, "has 1.5 in"},
           Wrong{{year, month, numbers("day", {29, 29})},
                 "line 3 of 'x.csv' has 29 in the column 'day', but 2015-02 has"},
           Wrong{{year, month, numbers("day", {32, 29})}, "from 1 to 31"},
           Wrong{{year, month, first, numbers("hour", {0, 24})},
                 "line 3 of 'x.csv' has 24 in the column 'hour'"},
           Wrong{{year, month, first, numbers("hour", {-1, 2})}, "has -1 in the column 'hour'"},
           Wrong{{year, month, first, first, numbers("minute", {0, 60})}, "'day'"},
           Wrong{{year, month, first, numbers("hour", {0, 1}), numbers("minute", {0, 60})},
                 "has 60 in the column 'minute'"},
           Wrong{{year, month, first, numbers("hour", {0, 1}), month, numbers("s", {0, 60})},
                 "at least 0 and below 60"},
           Wrong{{year, numbers("month", {1, missing})},
                 "line 3 of 'x.csv' has nothing in the column 'month'"},
           Wrong{{numbers("year", {2016, 0}), month}, "line 3 of 'x.csv' has 0 in the column 'year'"},
           Wrong{{year, texts("month", {"May", "June"})}, "'month' of 'x.csv' holds no numbers"},
           Wrong{{texts("date", {"2016-07-01", "2016-07-01 05:00"}), month},
                 "has 2016-07-01 05:00:00 in the column 'date'"},
           Wrong{{texts("date", {"2016-07-01", "x"}), month}, "line 3 of 'x.csv' has 'x'"},
           Wrong{{year, month, month, month, month, month, month}, "names 7 columns (year, month"},
           Wrong{{texts("date", {"2016-07-01", "2016-07-02"}), month, month, month, month},
                 "names 5 columns (date,"},
           Wrong{{}, "names 0 columns"},
       }) {
    EXPECT_THAT(refusal_of_parts(columns), HasSubstr(named));
  }
  auto date = texts("date", {"2016-07-01", "2016-07-02"});
  date.values[1] = missing;
  EXPECT_THAT(refusal_of_parts({date, month}),
              HasSubstr("line 3 of 'x.csv' has nothing in the column 'date'"));
}

TEST(TimeParts, RefuseAColumnThatIsNotThere) {
  EXPECT_THAT(message_of([] { time_of_parts(table_of({numbers("year", {2016})}), {"year", "mont"}); }),
              AllOf(HasSubstr("--time names"), HasSubstr("mont")));
}

}  // namespace
}  // namespace carousel::test
