// How far apart the rows of a time column are.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/data/time_axis.h"
#include "carousel/error.h"

#include "data/civil_time.h"

namespace carousel {
namespace {

/// Calls visit(row) for every row that has one before it in its group.
template <class Visit> void for_followers(std::span<const std::int64_t> groups, Visit&& visit) {
  for (std::size_t group = 0; group + 1 < groups.size(); ++group) {
    for (auto row = groups[group] + 1; row < groups[group + 1]; ++row) visit(static_cast<std::size_t>(row));
  }
}

void check_ascending(const Table& table, const Column& time, std::span<const std::int64_t> groups,
                     std::span<const std::int64_t> rows) {
  const auto& times = time.values;
  const auto place = [&](std::size_t row) {
    return table.place(rows.empty() ? static_cast<std::int64_t>(row) : rows[row]);
  };
  for (std::size_t row = 0; row < times.size(); ++row) {
    if (std::isnan(times[row])) {
      throw Error(fmt::format("{} has no time in the column {}; fill it in or remove the row", place(row),
                              shown(time.name)));
    }
  }
  for_followers(groups, [&](std::size_t row) {
    if (times[row] > times[row - 1]) return;
    const bool repeats = times[row] == times[row - 1];
    throw Error(fmt::format(
        "{} has the time {}, {} {} before it; {}give --group with the column that tells several "
        "series apart",
        place(row), format_time(times[row]), repeats ? "the same as" : "earlier than",
        repeats ? std::string("the row") : fmt::format("the {} of the row", format_time(times[row - 1])),
        repeats ? "remove one of them, or " : "sort the rows by time, or "));
  });
}

/// Calendar months, where the times are regular in them.
std::optional<TimeStep> step_in_months(const std::vector<double>& times,
                                       std::span<const std::int64_t> groups) {
  std::vector<std::int64_t> months;
  std::optional<CivilTime> first;
  bool same_day = true, month_end = true;
  for (const double time : times) {
    const auto civil = civil_time(time);
    if (!civil) return std::nullopt;
    if (!first) first = civil;
    if (civil->time_of_day != first->time_of_day) return std::nullopt;
    same_day = same_day && civil->date.day() == first->date.day();
    month_end = month_end && civil->on_last_day();
    if (!same_day && !month_end) return std::nullopt;
    months.push_back(civil->months());
  }
  std::map<std::int64_t, std::int64_t> counts;
  for_followers(groups, [&](std::size_t row) { ++counts[months[row] - months[row - 1]]; });
  const auto commonest = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  return TimeStep{.months = commonest->first, .month_end = month_end};
}

/// The number of fewest decimals that is not further away than the noise.
double without_noise(double value, double noise) {
  for (double power = 1; power <= 1e12; power *= 10) {
    const double rounded = std::round(value * power) / power;
    if (std::abs(rounded - value) <= noise) return rounded;
  }
  return value;
}

/// The commonest of sorted differences, which are the same where they are no further apart than the noise.
double commonest_difference(const std::vector<double>& sorted, double noise) {
  std::size_t most = 0;
  double commonest = 0;
  for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    while (end < sorted.size() && sorted[end] - sorted[begin] <= noise) ++end;
    if (end - begin <= most) continue;
    most = end - begin;
    commonest = sorted[begin + most / 2];
  }
  return most * 10 >= sorted.size() ? commonest : sorted[sorted.size() / 2];
}

std::string counted(double count, std::string_view unit) {
  return fmt::format("{:.10g} {}{}", count, unit, count == 1 ? "" : "s");
}

}  // namespace

std::string TimeStep::text() const {
  if (months > 0 && months % 12 == 0) return counted(static_cast<double>(months / 12), "year");
  if (months > 0) return counted(static_cast<double>(months), "month");
  if (!(seconds > 0)) return "an unknown step";
  for (const auto& [length, unit] : {std::pair(86'400.0, "day"), {3600.0, "hour"}, {60.0, "minute"}}) {
    if (std::fmod(seconds, length) == 0) return counted(seconds / length, unit);
  }
  return counted(seconds, "second");
}

double TimeStep::after(double time, std::int64_t count) const {
  if (months == 0) return time + static_cast<double>(count) * seconds;
  const auto civil = civil_time(time);
  constexpr std::int64_t most = (last_year + 1) * 12;  // more steps than that leave the calendar
  if (!civil || count > most || count < -most || months > most || months < -most) return missing;
  const auto total = civil->months() + count * months;
  const auto year = total / 12, month = total % 12 + 1;
  if (total < 0 || year < first_year || year > last_year) return missing;
  const auto length =
      days_in(std::chrono::year{static_cast<int>(year)}, std::chrono::month{static_cast<unsigned>(month)});
  const auto day = month_end ? length : std::min(unsigned{civil->date.day()}, length);
  // What a double holds of the time of day, not what a microsecond does.
  const double midnight =
      *seconds_of_day(int{civil->date.year()}, unsigned{civil->date.month()}, unsigned{civil->date.day()});
  return *seconds_of_day(year, month, day) + (time - midnight);
}

TimeStep step_of(const Table& table, const Column& time, std::span<const std::int64_t> groups,
                 std::span<const std::int64_t> rows) {
  check_ascending(table, time, groups, rows);
  const auto& times = time.values;
  std::vector<double> differences;
  for_followers(groups, [&](std::size_t row) { differences.push_back(times[row] - times[row - 1]); });
  if (differences.empty()) return {};
  if (const auto months = step_in_months(times, groups)) return *months;
  double largest = 0;
  for (const double second : times) largest = std::max(largest, std::abs(second));
  const double noise = largest * 0x1p-50;  // four units in the last place of the times
  std::ranges::sort(differences);
  return {.seconds = without_noise(commonest_difference(differences, noise), noise)};
}

std::vector<std::int64_t> gaps_of(const Column& time, std::span<const std::int64_t> groups,
                                  const TimeStep& step) {
  std::vector<std::int64_t> gaps;
  if (step.months == 0 && !(step.seconds > 0)) return gaps;
  for_followers(groups, [&](std::size_t row) {
    const double before = time.values[row - 1], due = step.after(before, 1);
    const bool follows = std::abs(time.values[row] - due) <= 0.01 * (due - before);
    if (!follows) gaps.push_back(static_cast<std::int64_t>(row));
  });
  return gaps;
}

}  // namespace carousel
