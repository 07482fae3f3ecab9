// Tables made by hand, and a series of them.
#pragma once

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "carousel/data/series_fit.h"
#include "carousel/data/series_split.h"
#include "carousel/data/series_windows.h"

#include "data/data_support.h"
#include "data/table_by_hand.h"

namespace carousel::test {

inline Column category(const std::string& name, const std::vector<std::string>& texts) {
  Column column{.name = name, .kind = ColumnKind::category, .values = {}};
  for (const auto& text : texts) {
    const auto found = std::find(column.categories.begin(), column.categories.end(), text);
    column.values.push_back(text.empty() ? missing : static_cast<double>(found - column.categories.begin()));
    if (!text.empty() && found == column.categories.end()) column.categories.push_back(text);
  }
  return column;
}

/// 0, 1, ... n - 1, times a factor.
inline std::vector<double> counted(std::int64_t n, double factor = 1.0) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 0.0);
  for (double& value : values) value *= factor;
  return values;
}

/// All that becomes of a table.
struct Made {
  SeriesOrder order;
  PredictKind predict = PredictKind::forecast;
  std::vector<std::int8_t> part;
  SeriesSchema schema;
  SeriesFrame frame;
  std::array<std::vector<SeriesWindow>, 3> windows;
};

inline Made make_series(const Table& table, const SeriesRequest& request) {
  Made made;
  made.order = order_of(table, request.time, request.group);
  made.predict = predict_kind(table, made.order, request);
  const bool by_group = made.predict != PredictKind::forecast && made.order.groups.size() > 2;
  made.part =
      split_rows(table, made.order, request.split, by_group,
                 by_group ? classes_of_groups(table, made.order, request) : std::vector<std::int64_t>{});
  made.schema = fit_schema(table, made.order, request, made.predict, made.part);
  made.frame = frame_of(table, made.order, made.schema, true);
  made.windows = windows_of(made.frame, made.order, made.schema, made.part, request.stride);
  return made;
}

inline float input_at(const Made& made, std::int64_t place, std::int64_t feature) {
  return made.frame.inputs[static_cast<std::size_t>(place * made.frame.features + feature)];
}

}  // namespace carousel::test
