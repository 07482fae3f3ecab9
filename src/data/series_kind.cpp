// What is predicted, and what a season is, where nobody says.
#include <algorithm>
#include <cmath>

#include "carousel/data/series_fit.h"
#include "carousel/text.h"

namespace carousel {
namespace {

bool holds_classes(const Column& column) {
  return column.kind == ColumnKind::category || column.kind == ColumnKind::boolean;
}

bool is_constant_in_groups(const Column& column, const SeriesOrder& order) {
  for (std::size_t g = 0; g + 1 < order.groups.size(); ++g) {
    const auto value = [&](std::int64_t i) {
      return column.values[static_cast<std::size_t>(order.rows[static_cast<std::size_t>(i)])];
    };
    for (auto i = order.groups[g] + 1; i < order.groups[g + 1]; ++i) {
      const double a = value(i - 1), b = value(i);
      if (a != b && !(std::isnan(a) && std::isnan(b))) return false;
    }
  }
  return true;
}

}  // namespace

PredictKind predict_kind(const Table& table, const SeriesOrder& order, const SeriesRequest& request) {
  if (request.predict != "auto") return chosen<PredictKind>(predict_names(), request.predict);
  if (request.horizon > 0) return PredictKind::forecast;
  const Column& target = table.column(request.targets.front(), "--target names");
  if (!group_columns(table, request.group).empty())
    return is_constant_in_groups(target, order) ? PredictKind::sequence : PredictKind::step;
  return holds_classes(target) ? PredictKind::step : PredictKind::forecast;
}

std::vector<std::int64_t> classes_of_groups(const Table& table, const SeriesOrder& order,
                                            const SeriesRequest& request) {
  const Column& target = table.column(request.targets.front(), "--target names");
  if (!holds_classes(target) || !is_constant_in_groups(target, order)) return {};
  std::vector<std::int64_t> classes;
  for (std::size_t g = 0; g + 1 < order.groups.size(); ++g) {
    const double value =
        target.values[static_cast<std::size_t>(order.rows[static_cast<std::size_t>(order.groups[g])])];
    classes.push_back(std::isnan(value) ? -1 : static_cast<std::int64_t>(value));
  }
  return classes;
}

std::int64_t season_of(const TimeStep& step) {
  if (step.months > 0) return 12 % step.months == 0 && step.months < 12 ? 12 / step.months : 0;
  constexpr double day = 86400.0;
  if (step.seconds == day) return 7;
  const double in_day = step.seconds > 0 ? day / step.seconds : 0.0;
  return in_day > 1.0 && in_day == std::floor(in_day) && in_day <= 1440.0 ? static_cast<std::int64_t>(in_day)
                                                                          : 0;
}

}  // namespace carousel
