#include "page/points.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace carousel {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Where run `i` of `count` begins among `size` points.
std::size_t start_of(std::size_t i, std::size_t count, std::size_t size) {
  return i * size / count;
}

/// The smallest, the largest and a gap of points [begin, end), in their order.
void add_extremes(const ChartPoints& points, std::size_t begin, std::size_t end, ChartPoints& kept) {
  std::vector<std::size_t> chosen;
  const auto choose = [&](auto better) {
    std::size_t best = end;
    for (std::size_t i = begin; i < end; ++i) {
      if (!std::isnan(points[i].y) && (best == end || better(points[i].y, points[best].y))) best = i;
    }
    if (best != end) chosen.push_back(best);
  };
  choose(std::less<>());
  choose(std::greater<>());
  const auto gap = std::find_if(points.begin() + static_cast<std::ptrdiff_t>(begin),
                                points.begin() + static_cast<std::ptrdiff_t>(end),
                                [](const ChartPoint& point) { return std::isnan(point.y); });
  if (gap != points.begin() + static_cast<std::ptrdiff_t>(end))
    chosen.push_back(static_cast<std::size_t>(gap - points.begin()));
  std::ranges::sort(chosen);
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  for (const std::size_t i : chosen) kept.push_back(points[i]);
}

}  // namespace

ChartPoints thinned(const ChartPoints& points, std::size_t limit) {
  if (points.size() <= limit) return points;
  const std::size_t inner = points.size() - 2, runs = std::max<std::size_t>(1, (limit - 2) / 3);
  ChartPoints kept{points.front()};
  for (std::size_t i = 0; i < runs; ++i) {
    add_extremes(points, 1 + start_of(i, runs, inner), 1 + start_of(i + 1, runs, inner), kept);
  }
  kept.push_back(points.back());
  return kept;
}

ChartPoints bucket_means(const ChartPoints& points, std::size_t count) {
  count = std::min(count, points.size());
  ChartPoints means;
  for (std::size_t i = 0; i < count; ++i) {
    double x = 0.0, y = 0.0, numbers = 0.0;
    const std::size_t begin = start_of(i, count, points.size()), end = start_of(i + 1, count, points.size());
    for (std::size_t k = begin; k < end; ++k) {
      x += points[k].x;
      if (std::isfinite(points[k].y)) y += points[k].y, ++numbers;
    }
    means.push_back({std::round(x / static_cast<double>(end - begin)), numbers > 0.0 ? y / numbers : none});
  }
  return means;
}

std::vector<std::size_t> evenly(std::size_t count, std::size_t limit) {
  std::vector<std::size_t> kept;
  if (count <= limit || limit < 2) limit = std::min(count, std::max<std::size_t>(limit, 1));
  for (std::size_t i = 0; i < limit; ++i) {
    kept.push_back(limit == 1 ? count - 1 : (i * (count - 1) + (limit - 1) / 2) / (limit - 1));
  }
  return kept;
}

nlohmann::json short_number(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::trunc(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return std::stod(fmt::format("{:.5g}", value));
}

nlohmann::json points_json(const ChartPoints& points) {
  nlohmann::json list = nlohmann::json::array();
  for (const ChartPoint& point : points) list.push_back({short_number(point.x), short_number(point.y)});
  return list;
}

}  // namespace carousel
