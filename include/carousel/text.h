// Small pieces of text for messages and the console: the nearest name, lists, durations and counts.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace carousel {

/// The candidate most like `name`, or "" when none is near: at most one typing slip (a letter added, dropped,
/// changed, or two neighbours swapped) in every three letters. Capitals do not count; the first of equals wins.
std::string nearest(std::string_view name, std::span<const std::string> candidates);

/// "unknown task 'addding'; did you mean 'adding'? (known: adding, copy)", the question only when something is near.
std::string did_you_mean(std::string_view kind, std::string_view name,
                         std::span<const std::string> candidates);

/// The parts with the separator between them.
std::string join(std::span<const std::string> parts, std::string_view separator = ", ");

/// The enumerator whose place the name has among names that are in the order of the enumerators, of which it is one.
template <class Enum> Enum chosen(std::span<const std::string> names, std::string_view name) {
  return static_cast<Enum>(std::ranges::find(names, name) - names.begin());
}

/// Seconds as "02:13" or, from an hour on, "1:02:13"; "--:--" when negative, not finite or beyond ten years.
std::string format_duration(double seconds);

/// A count in at most four characters up to the thousands of billions: "7", "999", "1.2k", "41k", "1.0M", "3.4G".
std::string format_count(double count);

}  // namespace carousel
