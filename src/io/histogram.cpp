#include <algorithm>
#include <cmath>

#include "carousel/io/event_file.h"

namespace carousel {

Histogram Histogram::of(std::span<const double> values, std::size_t buckets) {
  std::vector<double> finite;
  std::ranges::copy_if(values, std::back_inserter(finite), [](double value) { return std::isfinite(value); });
  Histogram histogram;
  if (finite.empty()) return histogram;
  const auto [min, max] = std::ranges::minmax(finite);
  if (min == max) buckets = 1;
  const double width = (max - min) / static_cast<double>(buckets);
  histogram.min = min;
  histogram.max = max;
  histogram.count = static_cast<double>(finite.size());
  for (std::size_t i = 1; i < buckets; ++i) histogram.limits.push_back(min + width * static_cast<double>(i));
  histogram.limits.push_back(max);
  histogram.counts.resize(buckets);
  for (const double value : finite) {
    const auto bucket = std::ranges::lower_bound(histogram.limits, value) - histogram.limits.begin();
    ++histogram.counts[static_cast<std::size_t>(bucket)];
    histogram.sum += value;
    histogram.sum_squares += value * value;
  }
  return histogram;
}

}  // namespace carousel
