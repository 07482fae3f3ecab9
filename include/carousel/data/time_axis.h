// Time as a column: texts to seconds, the step between rows, gaps, and the calendar.
//
// All in the proleptic Gregorian calendar, UTC, without leap seconds; a time is seconds since 1970-01-01, NaN
// where it is missing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carousel/data/table.h"

namespace carousel {

/// Seconds since 1970-01-01 of "2016-07-01 00:00:00", "2016-07-01T00:00:00.5Z", "...+02:00", "2016-07-01 00:00",
/// "2016-07-01T00", "2016-07-01", "2016-07", "2016/07/01"; month, day and hour may have one digit ("2016/7/1 5:00"), and spaces
/// around do not count. Nothing for what is no time, or no day of the calendar ("2015-02-29", the year 0).
std::optional<double> parse_time(std::string_view text);

enum class TimeUnit { month, day, second };
/// "2016-07-01 00:00:00", with as many decimals (at most 6) as it needs; "" for a missing one; the bare number of
/// seconds outside the years 1 to 9999.
std::string format_time(double seconds);
/// The same, cut to its day ("2016-07-01") or month ("2016-07").
std::string format_time(double seconds, TimeUnit unit);
/// The coarsest unit in which all times that are not missing are whole: `month` where each is a first of a month
/// at midnight, `day` where each is at midnight, else, or without any, `second`.
TimeUnit unit_of(std::span<const double> seconds);

/// A time column from the columns that hold its parts: in the order year, month, day, hour, minute, second, from
/// the year on; a first part that is a time, a text or as 20160701 must be a day, to which hour, minute and second
/// are added. All but the second are whole numbers. One name is time_of_column. The column is called as its parts,
/// with commas. Throws Error with the line for a month of 13 and the like, and for a missing part.
Column time_of_parts(const Table& table, const std::vector<std::string>& names);
/// The same of one column: a time already, texts of times, or numbers: years, where all are whole from 1000 to
/// 3000; days, where all are days of the calendar written as 20160701; else seconds since 1970. Missing stays
/// missing. Throws Error with the line for a text that is no time and for a number that is no second of the years
/// 1 to 9999 (milliseconds), and for a column of true and false.
Column time_of_column(const Table& table, const std::string& name);

/// How far apart rows are: a number of calendar months, or of seconds. (0, 0): not known.
struct TimeStep {
  std::int64_t months = 0;
  double seconds = 0.0;
  bool month_end = false;  ///< of months: always the last day (Jan 31, Feb 28, Mar 31)

  /// "1 hour", "15 minutes", "1 day", "3 months", "1 year", "0.125 seconds"; "an unknown step".
  std::string text() const;
  /// `count` steps after a time, which may be negative. A month later than January 31st is the last day of February.
  /// Months from or to outside the years 1 to 9999 are missing.
  double after(double time, std::int64_t count) const;
  bool operator==(const TimeStep&) const = default;
};

/// The commonest difference of neighbours, the smallest of equals. In months where all times are at the same time of day and on
/// the same day of the month, or all on the last day of theirs. Differences that are equal but for the rounding of a double count as the
/// same; where not even a tenth of them are (a clock that trembles), it is their median. Not known without a pair of neighbours.
/// `groups` are the first rows of each group and the end; `rows` says which row of the table each is, where they were sorted. Throws Error with the line when a time is missing, repeats or
/// goes back within a group (which one, and what to do: --group for several series in one table, or sort).
TimeStep step_of(const Table& table, const Column& time, std::span<const std::int64_t> groups,
                 std::span<const std::int64_t> rows = {});

/// Rows that do not follow the one before by one step (1 % of it allowed, for clocks that drift), the first rows
/// of groups not among them; none where the step is not known.
std::vector<std::int64_t> gaps_of(const Column& time, std::span<const std::int64_t> groups,
                                  const TimeStep& step);

/// What of the calendar a model reads: each a pair of sine and cosine of its place in its period.
///   minute (of the hour, with its seconds), hour (of the day, with its minutes), weekday (of the week, from Monday),
///   monthday (of its month's length), yearday (of its year's length), month (of the year)
const std::vector<std::string>& calendar_names();
/// sine and cosine of 2 pi place. Throws std::logic_error for another name.
std::pair<double, double> calendar_feature(const std::string& name, double seconds);
/// The place in the period, from 0 to below 1; NaN for a time that is missing or outside the years 1 to 9999.
double calendar_place(const std::string& name, double seconds);

}  // namespace carousel
