// Times as texts.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/data/time_axis.h"

#include "data/civil_time.h"

namespace carousel {
namespace {

/// Reads a text from its front.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }
  bool take(std::string_view any_of) {
    if (done() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  char taken() const { return taken_; }

  /// The next digits, at most so many, if they are no fewer and the number is not too large.
  std::optional<int> number(std::size_t fewest, std::size_t most, int largest) {
    const auto digits = take_digits(most);
    if (digits.size() < fewest) return std::nullopt;
    const auto value = parse_number<int>(digits);
    return value && *value <= largest ? value : std::nullopt;
  }
  /// The value of the digits after a decimal point, at least one; those beyond the 15th do not count.
  std::optional<double> decimals() {
    constexpr std::size_t most = 15;  // a double holds their number, and their power of ten, exactly
    const auto digits = take_digits(rest_.size()).substr(0, most);
    const auto value = parse_number<std::int64_t>(digits);
    if (!value) return std::nullopt;
    return static_cast<double>(*value) / std::pow(10.0, static_cast<double>(digits.size()));
  }

 private:
  std::string_view take_digits(std::size_t most) {
    const auto digits = rest_.substr(0, std::min(most, rest_.find_first_not_of("0123456789")));
    rest_.remove_prefix(digits.size());
    return digits;
  }

  std::string_view rest_;
  char taken_ = 0;
};

/// "05:00", "5:00:00", "05:00:00.25", "05" in seconds.
std::optional<double> read_time_of_day(TimeReader& reader) {
  const std::size_t before = reader.left();
  const auto hour = reader.number(1, 2, 23);
  if (!hour) return std::nullopt;
  if (!reader.take(":")) return before - reader.left() == 2 ? std::optional(*hour * 3600.0) : std::nullopt;
  const auto minute = reader.number(2, 2, 59);
  if (!minute) return std::nullopt;
  const auto whole = *hour * 3600 + *minute * 60;
  if (!reader.take(":")) return whole;
  const auto second = reader.number(2, 2, 59);
  if (!second) return std::nullopt;
  const auto decimals = reader.take(".") ? reader.decimals() : 0.0;
  if (!decimals) return std::nullopt;
  return whole + *second + *decimals;
}

/// "Z", "+02:00", "-0330", "+02" in seconds to subtract, 0 at the end.
std::optional<double> read_zone(TimeReader& reader) {
  if (reader.done()) return 0.0;
  reader.take(" ");
  if (reader.take("Zz")) return 0.0;
  if (!reader.take("+-")) return std::nullopt;
  const int sign = reader.taken() == '+' ? 1 : -1;
  const auto hours = reader.number(2, 2, 23);
  const auto minutes = reader.take(":") || !reader.done() ? reader.number(2, 2, 59) : 0;
  if (!hours || !minutes) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

std::optional<double> parse_time(std::string_view text) {
  TimeReader reader(trim(text));
  const auto year = reader.number(4, 4, last_year);
  if (!year || !reader.take("-/")) return std::nullopt;
  const std::string separator(1, reader.taken());
  const auto month = reader.number(1, 2, 12);
  if (!month) return std::nullopt;
  if (reader.done()) return seconds_of_day(*year, *month, 1);
  if (!reader.take(separator)) return std::nullopt;
  const auto day_of_month = reader.number(1, 2, 31);
  const auto day = day_of_month ? seconds_of_day(*year, *month, *day_of_month) : std::nullopt;
  if (!day || reader.done()) return day;
  if (!reader.take(" Tt")) return std::nullopt;
  const auto time = read_time_of_day(reader);
  const auto zone = time ? read_zone(reader) : std::nullopt;
  if (!zone || !reader.done()) return std::nullopt;
  return *day + *time - *zone;
}

std::string format_time(double seconds) {
  return format_time(seconds, TimeUnit::second);
}

std::string format_time(double seconds, TimeUnit unit) {
  if (std::isnan(seconds)) return "";
  const auto time = civil_time(seconds);
  if (!time) return fmt::format("{}", seconds);
  auto text = fmt::format("{:04}-{:02}", int{time->date.year()}, unsigned{time->date.month()});
  if (unit == TimeUnit::month) return text;
  text += fmt::format("-{:02}", unsigned{time->date.day()});
  if (unit == TimeUnit::day) return text;
  const std::chrono::hh_mm_ss clock(time->time_of_day);
  text += fmt::format(" {:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(),
                      clock.seconds().count());
  if (clock.subseconds().count() == 0) return text;
  text += fmt::format(".{:06}", clock.subseconds().count());
  return text.substr(0, text.find_last_not_of('0') + 1);
}

TimeUnit unit_of(std::span<const double> seconds) {
  auto unit = TimeUnit::month;
  bool any = false;
  for (const double second : seconds) {
    if (std::isnan(second)) continue;
    const auto time = civil_time(second);
    if (!time || !time->at_midnight()) return TimeUnit::second;
    if (time->date.day() != std::chrono::day{1}) unit = TimeUnit::day;
    any = true;
  }
  return any ? unit : TimeUnit::second;
}

}  // namespace carousel
