// Time as a column: texts to seconds, the step between rows, gaps, and the calendar.
//
// All in the proleptic Gregorian calendar, UTC, without leap seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carousel/data/table.h"

namespace carousel {

/// Seconds since 1970-01-01 of "2016-07-01 00:00:00", "2016-07-01T00:00:00.5Z", "...+02:00", "2016-07-01 00:00",
/// "2016-07-01", "2016-07", "2016/07/01"; nothing for what is no time, or no day of the calendar ("2015-02-29").
std::optional<double> parse_time(std::string_view text);

/// "2016-07-01 00:00:00", with as many decimals (at most 6) as it needs; only the day where all of `like` are at midnight, only
/// the month where they are on the first of one.
std::string format_time(double seconds);
enum class TimeUnit { month, day, second };
std::string format_time(double seconds, TimeUnit unit);
/// The coarsest unit in which all (not missing) times are whole: of a day at least.
TimeUnit unit_of(std::span<const double> seconds);

/// A time column from the columns that hold its parts: in the order year, month, day, hour, minute, second, from the year
/// on (a first part that is a time is added to by hour, minute, second alone). Throws Error with the line for a month of 13 and the like, and for a missing part.
Column time_of_parts(const Table& table, const std::vector<std::string>& names);
/// The same of one column that is a time already, or a number (seconds since 1970; a year, where all are whole numbers from 1000 to 3000), or texts of times.
Column time_of_column(const Table& table, const std::string& name);

/// How far apart rows are: a number of calendar months, or of seconds. (0, 0): not known.
struct TimeStep {
  std::int64_t months = 0;
  double seconds = 0.0;

  /// "1 hour", "15 minutes", "1 day", "3 months", "1 year", "0.125 seconds".
  std::string text() const;
  /// `count` steps after a time. A month later than January 31st is the last day of February.
  double after(double time, std::int64_t count) const;
  bool operator==(const TimeStep&) const = default;
};

/// The commonest difference of neighbours; in months where all times are on the same day of the month at the same time of
/// day and a month apart or more. `groups` are the first rows of each group and the end. Throws Error with the line when a
/// time is missing, repeats or goes back within a group (which one, and what to do: --group for several series in one table, or sort).
TimeStep step_of(const Table& table, const Column& time, std::span<const std::int64_t> groups);

/// Rows that do not follow the one before by one step (1 % of it allowed, for clocks that drift), the first rows of groups not among them.
std::vector<std::int64_t> gaps_of(const Column& time, std::span<const std::int64_t> groups,
                                  const TimeStep& step);

/// What of the calendar a model reads: each a pair of sine and cosine of its place in its period.
///   minute (of the hour), hour (of the day, with its minutes), weekday (of the week), monthday, yearday (of the year, by its
///   own length), month
const std::vector<std::string>& calendar_names();
/// sine and cosine of 2 pi place / period. Throws std::logic_error for another name.
std::pair<double, double> calendar_feature(const std::string& name, double seconds);
/// The place in the period, from 0 to below 1.
double calendar_place(const std::string& name, double seconds);

}  // namespace carousel
