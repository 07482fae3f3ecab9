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
  const bool mean = relative == Relative::seasons;
  const auto profile = season_profile(data, window, target, mean ? window.length / data.schema.season : 1);
  for (std::int64_t h = 1; h <= data.schema.horizon; ++h) {
    const double before = profile[static_cast<std::size_t>(-1 - data.schema.season_place(h))];
    values[static_cast<std::size_t>(h - 1)] = relative == Relative::both ? 0.5 * (last + before) : before;
  }
  return values;
}

std::vector<double> season_profile(const SeriesData& data, const SeriesWindow& window, std::size_t target,
                                   std::int64_t seasons) {
  const auto length = static_cast<std::size_t>(data.schema.season);
  const float* last = data.frame.history[target].data() + window.first + window.length - 1;
  std::vector<double> profile(length, 0.0);
  for (std::int64_t s = 0; s < seasons; ++s) {
    for (std::size_t p = 0; p < length; ++p) profile[p] += *last-- / static_cast<double>(seasons);
  }
  return profile;
}

}  // namespace carousel
