// Seconds since 1970 as a day of the calendar and a time of that day, and back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace carousel {

struct CivilTime {
  std::chrono::year_month_day date;
  std::chrono::microseconds time_of_day{0};

  std::int64_t months() const {  ///< since the year 0
    return std::int64_t{int{date.year()}} * 12 + unsigned{date.month()} - 1;
  }
  bool at_midnight() const { return time_of_day.count() == 0; }
  bool on_last_day() const;
};

inline constexpr int first_year = 1, last_year = 9999;

/// To the nearest microsecond; nothing for a missing time and outside the years 1 to 9999.
std::optional<CivilTime> civil_time(double seconds);

/// Seconds since 1970 of that day's midnight; nothing for what is no day of the calendar or of another year.
std::optional<double> seconds_of_day(std::int64_t year, std::int64_t month, std::int64_t day);

/// Days of a month.
unsigned days_in(std::chrono::year year, std::chrono::month month);

}  // namespace carousel
