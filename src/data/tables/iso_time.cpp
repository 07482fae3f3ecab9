#include "data/tables/iso_time.h"

#include <charconv>
#include <chrono>
#include <cstddef>

namespace carousel {
namespace {

/// Reads from the front of a text; what is not there makes the whole no time.
class TimeText {
 public:
  explicit TimeText(std::string_view text) : rest_(text) {}

  bool is_whole() const { return ok_ && rest_.empty(); }
  bool take(char c) {
    const bool is_there = !rest_.empty() && rest_[0] == c;
    if (is_there) rest_.remove_prefix(1);
    return is_there;
  }
  void need(char c) { ok_ = take(c) && ok_; }
  bool next_is_digit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }

  /// Exactly so many digits, a number below `end`.
  int digits(std::size_t count, int end) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      ok_ = ok_ && next_is_digit();
      if (!ok_) return 0;
      value = 10 * value + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    ok_ = ok_ && value < end;
    return value;
  }

  double fraction() {
    ok_ = ok_ && next_is_digit();
    double value = 0;
    for (double place = 0.1; next_is_digit(); place /= 10) {
      value += place * (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  /// Seconds that the zone is ahead of UTC.
  int zone() {
    if (take('Z')) return 0;
    const bool is_behind = take('-');
    if (!is_behind && !take('+')) return 0;
    const int hours = digits(2, 24);
    const int minutes = take(':') || next_is_digit() ? digits(2, 60) : 0;
    return (is_behind ? -60 : 60) * (60 * hours + minutes);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::optional<double> iso_time(std::string_view text) {
  if (text.size() < 10 || text[4] != '-') return std::nullopt;
  TimeText rest(text);
  const std::chrono::year year(rest.digits(4, 10'000));
  rest.need('-');
  const std::chrono::month month(static_cast<unsigned>(rest.digits(2, 13)));
  rest.need('-');
  const std::chrono::day day(static_cast<unsigned>(rest.digits(2, 32)));
  double seconds = 0;
  if (rest.take('T') || rest.take(' ')) {
    seconds = 3600 * rest.digits(2, 24);
    if (rest.take(':')) {
      seconds += 60 * rest.digits(2, 60);
      if (rest.take(':')) seconds += rest.digits(2, 60);
      if (rest.take('.')) seconds += rest.fraction();
    }
    seconds -= rest.zone();
  }
  const std::chrono::year_month_day date(year, month, day);
  if (!rest.is_whole() || !date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return 86400.0 * static_cast<double>(days) + seconds;
}

}  // namespace carousel
