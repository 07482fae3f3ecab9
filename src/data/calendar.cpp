// What of the calendar a model reads.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include <fmt/format.h>

#include "carousel/data/time_axis.h"

#include "data/civil_time.h"

namespace carousel {
namespace {

double clock_place(const CivilTime& time, std::chrono::microseconds period) {
  return static_cast<double>((time.time_of_day % period).count()) / static_cast<double>(period.count());
}

double weekday_place(const CivilTime& time) {
  return (std::chrono::weekday{time.date}.iso_encoding() - 1) / 7.0;
}

double monthday_place(const CivilTime& time) {
  return (unsigned{time.date.day()} - 1.0) / days_in(time.date.year(), time.date.month());
}

double yearday_place(const CivilTime& time) {
  const auto year = time.date.year();
  const auto first = std::chrono::sys_days{year / 1 / 1};
  return static_cast<double>((std::chrono::sys_days{time.date} - first).count()) /
         (year.is_leap() ? 366 : 365);
}

double month_place(const CivilTime& time) {
  return (unsigned{time.date.month()} - 1) / 12.0;
}

double hour_place(const CivilTime& time) {
  return clock_place(time, std::chrono::hours{24});
}

double minute_place(const CivilTime& time) {
  return clock_place(time, std::chrono::hours{1});
}

using CalendarPlace = double (*)(const CivilTime&);
const std::array<CalendarPlace, 6> calendar_places{minute_place,   hour_place,    weekday_place,
                                                   monthday_place, yearday_place, month_place};

}  // namespace

const std::vector<std::string>& calendar_names() {
  static const std::vector<std::string> names{"minute", "hour", "weekday", "monthday", "yearday", "month"};
  return names;
}

double calendar_place(const std::string& name, double seconds) {
  const auto found = std::ranges::find(calendar_names(), name);
  if (found == calendar_names().end()) throw std::logic_error(fmt::format("the calendar has no '{}'", name));
  const auto time = civil_time(seconds);
  if (!time) return missing;
  return calendar_places.at(static_cast<std::size_t>(found - calendar_names().begin()))(*time);
}

std::pair<double, double> calendar_feature(const std::string& name, double seconds) {
  const double angle = 2 * std::numbers::pi * calendar_place(name, seconds);
  return {std::sin(angle), std::cos(angle)};
}

}  // namespace carousel
