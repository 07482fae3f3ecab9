#include "tasks/series_notes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "carousel/text.h"

#include "tasks/series_baselines.h"

namespace carousel {
namespace {

constexpr std::size_t most_names = 8;

std::string names_text(const std::vector<SchemaColumn>& columns) {
  std::vector<std::string> list;
  for (const auto& column : columns) list.push_back(column.name);
  if (list.size() > most_names) list.resize(most_names), list.emplace_back("...");
  return join(list);
}

std::string what_is_predicted(const SeriesSchema& schema) {
  const std::string targets = names_text(schema.targets);
  if (schema.predict == PredictKind::step) return targets + " at every row";
  if (schema.predict == PredictKind::sequence) return targets + " of each sequence";
  const std::string step = schema.step == TimeStep{} ? "" : " of " + schema.step.text();
  return fmt::format("a forecast of {} over {} row{}{} from {}", targets, schema.horizon,
                     schema.horizon == 1 ? "" : "s", step, schema.window);
}

std::string missing_note(const SeriesData& data) {
  std::vector<std::string> found;
  for (std::size_t k = 0; k < data.schema.targets.size(); ++k) {
    const auto count =
        std::ranges::count_if(data.frame.truth[k], [](double value) { return std::isnan(value); });
    if (count == 0) continue;
    found.push_back(fmt::format("{:.1f} % of {}",
                                100.0 * static_cast<double>(count) / static_cast<double>(data.frame.places),
                                data.schema.targets[k].name));
  }
  return found.empty() ? "" : join(found) + " is missing: it counts in no loss";
}

}  // namespace

std::string split_note(const SeriesData& data, const std::vector<std::int8_t>& part, const std::string& how) {
  const char* what = data.schema.predict == PredictKind::forecast ? "windows" : "sequences";
  std::vector<std::string> sizes;
  for (std::size_t p = 0; p < 3; ++p) {
    sizes.push_back(fmt::format("{} {} rows in {} {}", std::array{"train", "valid", "test"}[p],
                                std::ranges::count(part, static_cast<std::int8_t>(p)), data.windows[p].size(),
                                what));
  }
  return fmt::format("{}; split {}", join(sizes), how);
}

std::vector<std::string> series_notes(const SeriesData& data, const std::string& split) {
  const SeriesSchema& schema = data.schema;
  std::vector<std::string> notes{fmt::format("{} (--predict {}), from {} numbers a row: {}",
                                             what_is_predicted(schema),
                                             predict_names().at(static_cast<std::size_t>(schema.predict)),
                                             schema.features(), names_text(schema.inputs))};
  if (!split.empty()) notes.push_back(split);
  if (!data.order.gaps.empty()) {
    const auto first = data.order.rows[static_cast<std::size_t>(data.order.gaps.front())];
    const bool step = schema.predict == PredictKind::step;
    notes.push_back(fmt::format("{} gaps in time, the first before {}: {}", data.order.gaps.size(),
                                data.table.place(first),
                                step ? "behind each the network begins anew" : "no window crosses one"));
  }
  if (const std::string missing = missing_note(data); !split.empty() && !missing.empty())
    notes.push_back(missing);
  if (schema.predict == PredictKind::forecast)
    notes.push_back(fmt::format("forecasts are relative to {} (--relative)", relative_text(schema.relative)));
  return notes;
}

}  // namespace carousel
