// What a forecast is added to.
#include <algorithm>
#include <cmath>

#include "tasks/series_data.h"

namespace carousel {

bool has_season(const SeriesSchema& schema) {
  return schema.season > 0 && schema.season <= schema.burn_in + schema.window;
}

WindowMoments window_moments(const SeriesData& data, const SeriesWindow& window, std::size_t target) {
  const auto* first = data.frame.history[target].data() + window.first;
  double sum = 0.0, squares = 0.0;
  for (std::int32_t i = 0; i < window.length; ++i) sum += first[i];
  const double mean = sum / window.length;
  for (std::int32_t i = 0; i < window.length; ++i) squares += (first[i] - mean) * (first[i] - mean);
  return {mean, std::max(1e-3, std::sqrt(squares / window.length))};
}

std::vector<double> references(const SeriesData& data, Relative relative, const SeriesWindow& window,
                               std::size_t target) {
  const auto horizon = static_cast<std::size_t>(data.schema.horizon);
  const float* end = data.frame.history[target].data() + window.first + window.length;
  const double last = end[-1];
  if (relative == Relative::last) return std::vector<double>(horizon, last);
  if (relative == Relative::window)
    return std::vector<double>(horizon, window_moments(data, window, target).mean);
  std::vector<double> values(horizon, 0.0);
  if (relative == Relative::none) return values;
  for (std::int64_t h = 1; h <= data.schema.horizon; ++h) {
    const std::int64_t season = data.schema.season, back = season * ((h + season - 1) / season);
    const double before = end[h - 1 - back];
    values[static_cast<std::size_t>(h - 1)] = relative == Relative::season ? before : 0.5 * (last + before);
  }
  return values;
}

}  // namespace carousel
