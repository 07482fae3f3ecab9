#include "data/civil_time.h"

#include <cmath>

namespace carousel {

namespace chrono = std::chrono;

unsigned days_in(chrono::year year, chrono::month month) {
  return unsigned{(year / month / chrono::last).day()};
}

bool CivilTime::on_last_day() const {
  return unsigned{date.day()} == days_in(date.year(), date.month());
}

std::optional<CivilTime> civil_time(double seconds) {
  static const double first = *seconds_of_day(first_year, 1, 1), last = *seconds_of_day(last_year, 12, 31);
  if (!(seconds >= first && seconds < last + 86'400)) return std::nullopt;
  const double whole = std::floor(seconds);  // apart, as a double does not hold every microsecond since 1970
  const chrono::sys_time<chrono::microseconds> time{
      chrono::seconds{static_cast<std::int64_t>(whole)} +
      chrono::microseconds{std::llround((seconds - whole) * 1e6)}};
  const auto day = chrono::floor<chrono::days>(time);
  return CivilTime{.date = day, .time_of_day = time - day};
}

std::optional<double> seconds_of_day(std::int64_t year, std::int64_t month, std::int64_t day) {
  if (year < first_year || year > last_year || month < 1 || month > 12 || day < 1 || day > 31)
    return std::nullopt;
  const auto date = chrono::year{static_cast<int>(year)} / static_cast<int>(month) / static_cast<int>(day);
  if (!date.ok()) return std::nullopt;
  return 86'400.0 * static_cast<double>(chrono::sys_days{date}.time_since_epoch().count());
}

}  // namespace carousel
