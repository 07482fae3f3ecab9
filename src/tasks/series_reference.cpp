// What a forecast is added to.
#include <algorithm>
#include <cmath>

#include "tasks/series_data.h"

namespace carousel {

bool has_season(const SeriesSchema& schema) {
  return schema.season > 0 && schema.season <= schema.burn_in + schema.window;
}

double reference(const SeriesData& data, Relative relative, const SeriesWindow& window, std::size_t target,
                 std::int64_t h) {
  const auto& history = data.frame.history[target];
  const std::int64_t end = window.first + window.length;
  const auto at = [&](std::int64_t place) {
    return static_cast<double>(history[static_cast<std::size_t>(place)]);
  };
  const auto season_before = [&] {
    const std::int64_t season = data.schema.season, back = season * ((h + season - 1) / season);
    return at(end - 1 + h - back);
  };
  switch (relative) {
    case Relative::last:
      return at(end - 1);
    case Relative::season:
      return season_before();
    case Relative::both:
      return 0.5 * (at(end - 1) + season_before());
    case Relative::window: {
      double sum = 0.0;
      for (auto i = window.first; i < end; ++i) sum += at(i);
      return sum / window.length;
    }
    default:
      return 0.0;
  }
}

double deviation(const SeriesData& data, const SeriesWindow& window, std::size_t target) {
  const auto& history = data.frame.history[target];
  const double mean = reference(data, Relative::window, window, target, 1);
  double sum = 0.0;
  for (auto i = window.first; i < window.first + window.length; ++i) {
    const double off = history[static_cast<std::size_t>(i)] - mean;
    sum += off * off;
  }
  return std::max(1e-3, std::sqrt(sum / window.length));
}

}  // namespace carousel
