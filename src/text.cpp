#include "carousel/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace carousel {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Optimal string alignment: Damerau and Levenshtein's distance with no letter edited twice. Three rows suffice.
std::size_t slips_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, std::span<const std::string> candidates) {
  const std::string wanted = lower(name);
  std::string best;
  std::size_t fewest = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t slips = slips_between(wanted, lower(candidate));
    // Replacing every letter is no likeness, however short the word.
    if (slips >= fewest || slips >= std::max(name.size(), candidate.size())) continue;
    fewest = slips;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view kind, std::string_view name,
                         std::span<const std::string> candidates) {
  const std::string near = nearest(name, candidates);
  const std::string question = near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
  return fmt::format("unknown {} '{}'{} (known: {})", kind, name, question, join(candidates));
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string format_duration(double seconds) {
  constexpr double ten_years = 10.0 * 365 * 24 * 3600;
  if (!(seconds >= 0 && seconds < ten_years)) return "--:--";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest)
                   : fmt::format("{:02}:{:02}", minutes, rest);
}

std::string format_count(double count) {
  constexpr std::array units{"", "k", "M", "G", "T"};
  if (!std::isfinite(count)) return "?";
  double scaled = count;
  std::size_t unit = 0;
  // 999.5 would be printed as 1000.
  while (std::abs(scaled) >= 999.5 && unit + 1 < units.size()) {
    scaled /= 1000;
    ++unit;
  }
  const bool small_fraction = std::abs(scaled) < 9.95 && (unit > 0 || scaled != std::floor(scaled));
  return fmt::format("{:.{}f}{}", scaled, small_fraction ? 1 : 0, units[unit]);
}

}  // namespace carousel
