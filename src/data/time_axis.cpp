#include "carousel/data/time_axis.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

#include "data/civil_time.h"

namespace carousel {
namespace {

const std::string why_a_time = "--time names";

/// "line 3 of 'x.csv' has 13 in the column 'month', <rest>".
Error time_error(const Table& table, std::int64_t row, const Column& column, std::string_view value,
                 std::string_view rest) {
  return Error(
      fmt::format("{} has {} in the column {}, {}", table.place(row), value, shown(column.name), rest));
}

bool is_whole(double value, double least, double most) {
  return value >= least && value <= most && std::floor(value) == value;
}

template <class Holds> bool all_present(const std::vector<double>& values, Holds&& holds) {
  return std::ranges::all_of(values, [&](double value) { return std::isnan(value) || holds(value); });
}

/// Of 20160701.
std::optional<double> day_of_digits(double value) {
  if (!is_whole(value, 10'000'101, 30'001'231)) return std::nullopt;
  const auto digits = static_cast<std::int64_t>(value);
  return seconds_of_day(digits / 10'000, digits / 100 % 100, digits % 100);
}

bool are_days(const std::vector<double>& values) {
  return all_present(values, [](double value) { return day_of_digits(value).has_value(); });
}

void numbers_to_times(const Table& table, const Column& column, std::vector<double>& values) {
  const auto year = [](double value) { return is_whole(value, 1000, 3000); };
  const bool years = all_present(values, year), days = !years && are_days(values);
  for (std::size_t row = 0; row < values.size(); ++row) {
    auto& value = values[row];
    if (std::isnan(value)) continue;
    if (years) value = *seconds_of_day(static_cast<std::int64_t>(value), 1, 1);
    if (days) value = *day_of_digits(value);
    if (civil_time(value)) continue;
    throw time_error(table, static_cast<std::int64_t>(row), column, fmt::format("{}", value),
                     "which is no second since 1970 of the years 1 to 9999; if these are milliseconds, "
                     "divide them by 1000");
  }
}

void texts_to_times(const Table& table, const Column& column, std::vector<double>& values) {
  std::vector<std::optional<double>> times;
  for (const auto& text : column.categories) times.push_back(parse_time(text));
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (std::isnan(values[row])) continue;
    const auto place = static_cast<std::size_t>(values[row]);
    if (!times.at(place)) {
      throw time_error(table, static_cast<std::int64_t>(row), column, shown(column.categories[place]),
                       "which is no time; write it as 2016-07-01 00:00:00 or 2016-07-01");
    }
    values[row] = *times[place];
  }
}

// --- a time in parts ---------------------------------------------------------------------------------------

struct TimePart {
  const char* name;
  double least, most;
  const char* range;
};
constexpr std::array<TimePart, 6> time_parts{{{"a year", 1, 9999, "a whole number from 1 to 9999"},
                                              {"a month", 1, 12, "a whole number from 1 to 12"},
                                              {"a day", 1, 31, "a whole number from 1 to 31"},
                                              {"an hour", 0, 23, "a whole number from 0 to 23"},
                                              {"a minute", 0, 59, "a whole number from 0 to 59"},
                                              {"a second", 0, 60, "at least 0 and below 60"}}};
constexpr std::size_t hour_part = 3, second_part = 5;

double part_of(const Table& table, const Column& column, std::int64_t row, std::size_t part) {
  const double value = column.values[static_cast<std::size_t>(row)];
  const auto& [name, least, most, range] = time_parts[part];
  if (column.kind != ColumnKind::number) {
    throw Error(fmt::format(
        "the column {} of {} holds no numbers, but stands for {}; give the columns of a time as year, "
        "month, day, hour, minute, second",
        shown(column.name), table.source(), name));
  }
  if (std::isnan(value)) {
    throw time_error(table, row, column, "nothing",
                     fmt::format("but a time needs {}; fill it in or remove the row", name));
  }
  const bool sound = part == second_part ? value >= 0 && value < most : is_whole(value, least, most);
  if (!sound)
    throw time_error(table, row, column, fmt::format("{}", value), fmt::format("but {} is {}", name, range));
  return value;
}

/// Midnight of a row's day, from year, month and day.
double day_of_parts(const Table& table, std::span<const Column* const> columns, std::int64_t row) {
  std::array<std::int64_t, hour_part> date{1, 1, 1};
  const auto count = std::min(columns.size(), date.size());
  for (std::size_t part = 0; part < count; ++part) {
    date[part] = static_cast<std::int64_t>(part_of(table, *columns[part], row, part));
  }
  const auto day = seconds_of_day(date[0], date[1], date[2]);
  if (!day) {
    throw time_error(table, row, *columns[2], fmt::format("{}", date[2]),
                     fmt::format("but {:04}-{:02} has no such day", date[0], date[1]));
  }
  return *day;
}

/// The same where the first column is a time.
double day_of_time(const Table& table, const Column& column, const Column& time, std::int64_t row) {
  const double day = time.values[static_cast<std::size_t>(row)];
  const auto civil = civil_time(day);
  if (!civil)
    throw time_error(table, row, column, "nothing", "but a time needs a day; fill it in or remove the row");
  if (!civil->at_midnight()) {
    throw time_error(table, row, column, format_time(day),
                     "to which other columns add the hour; it must be a day");
  }
  return day;
}

}  // namespace

Column time_of_column(const Table& table, const std::string& name) {
  const auto& column = table.column(name, why_a_time);
  Column time{.name = name, .kind = ColumnKind::time, .values = column.values};
  switch (column.kind) {
    case ColumnKind::time:
      return time;
    case ColumnKind::number:
      numbers_to_times(table, column, time.values);
      return time;
    case ColumnKind::category:
      texts_to_times(table, column, time.values);
      return time;
    case ColumnKind::boolean:
      break;
  }
  throw Error(fmt::format("the column {} of {} holds true and false, which are no times; name another column",
                          shown(name), table.source()));
}

Column time_of_parts(const Table& table, const std::vector<std::string>& names) {
  if (names.size() == 1) return time_of_column(table, names.front());
  std::vector<const Column*> columns;
  for (const auto& name : names) columns.push_back(&table.column(name, why_a_time));
  const bool from_year =
      !columns.empty() && columns.front()->kind == ColumnKind::number && !are_days(columns.front()->values);
  const std::size_t skipped = from_year ? 0 : hour_part - 1;  // the first is year, month and day in one
  if (columns.empty() || columns.size() + skipped > time_parts.size()) {
    throw Error(fmt::format(
        "--time names {} columns ({}), but a time has at most six: year, month, day, hour, minute, "
        "second; or four: day, hour, minute, second",
        names.size(), join(names)));
  }
  const auto first = from_year ? Column{} : time_of_column(table, names.front());
  Column time{.name = join(names, ","), .kind = ColumnKind::time, .values = {}};
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    double seconds =
        from_year ? day_of_parts(table, columns, row) : day_of_time(table, *columns.front(), first, row);
    for (auto part = hour_part; part < columns.size() + skipped; ++part) {
      static constexpr std::array<double, 3> lengths{3600, 60, 1};
      seconds += lengths[part - hour_part] * part_of(table, *columns[part - skipped], row, part);
    }
    time.values.push_back(seconds);
  }
  return time;
}

}  // namespace carousel
