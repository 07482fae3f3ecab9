// Points of a chart's line: as many as a screen can show, in as few digits as a reader can see.
#pragma once

#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

namespace carousel {

/// A point; y is NaN where there is no value, which interrupts the line.
struct ChartPoint {
  double x = 0.0, y = 0.0;
};
using ChartPoints = std::vector<ChartPoint>;

inline constexpr std::size_t most_points = 2000;  ///< of a line
inline constexpr std::size_t most_cells = 200;    ///< of a side of a heat map

/// At most `limit` points that keep every extreme: the smallest and the largest of each run of neighbours, in
/// their order, and a gap where a run has one. The first and the last point stay.
ChartPoints thinned(const ChartPoints& points, std::size_t limit = most_points);

/// Means over runs of neighbours, `count` of them; what is no number counts for nothing.
ChartPoints bucket_means(const ChartPoints& points, std::size_t count);

/// Which `limit` of `count` things to keep: evenly spread, with the first and the last. All when they fit.
std::vector<std::size_t> evenly(std::size_t count, std::size_t limit);

/// Five significant digits; null for what is not finite.
nlohmann::json short_number(double value);

/// [[x, y], ...] in short numbers.
nlohmann::json points_json(const ChartPoints& points);

}  // namespace carousel
