#include "carousel/data/series_schema.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

const Names& kind_names() {
  static const Names names{"number", "boolean", "category", "time"};
  return names;
}

const Names& unit_names() {
  static const Names names{"month", "day", "second"};
  return names;
}

template <class Enum> const std::string& name_in(const Names& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

template <class Enum> Enum from_name(const Names& names, const json& name) {
  const auto found = std::ranges::find(names, name.get<std::string>());
  if (found == names.end()) throw Error(name.get<std::string>() + " is not known");
  return static_cast<Enum>(found - names.begin());
}

json column_json(const SchemaColumn& column) {
  return {{"name", column.name},
          {"kind", name_in(kind_names(), column.kind)},
          {"scaling", column.scaling.to_json()},
          {"mean", column.mean},
          {"categories", column.categories},
          {"known_ahead", column.known_ahead},
          {"mask", column.mask}};
}

SchemaColumn column_from(const json& column) {
  SchemaColumn read{.name = column.at("name"),
                    .kind = from_name<ColumnKind>(kind_names(), column.at("kind")),
                    .scaling = Scaling::from_json(column.at("scaling")),
                    .mean = column.at("mean"),
                    .categories = column.at("categories").get<Names>(),
                    .known_ahead = column.at("known_ahead"),
                    .mask = column.at("mask")};
  if (read.name.empty() || !std::isfinite(read.mean)) throw Error("a column is damaged");
  return read;
}

/// Counts in schema.json: none is negative, or larger than any table.
std::int64_t count_from(const json& schema, const char* name) {
  const auto count = schema.at(name).get<std::int64_t>();
  if (count < 0 || count > 1'000'000'000) throw Error(fmt::format("{} is {}", name, count));
  return count;
}

SeriesSchema schema_from(const json& json) {
  SeriesSchema schema{
      .predict = from_name<PredictKind>(predict_names(), json.at("predict")),
      .horizon = count_from(json, "horizon"),
      .window = count_from(json, "window"),
      .burn_in = count_from(json, "burn_in"),
      .season = count_from(json, "season"),
      .relative = from_name<Relative>(relative_names(), json.at("relative")),
      .difference = json.at("difference"),
      .missing = from_name<MissingRule>(missing_names(), json.at("missing")),
      .time = json.at("time").get<Names>(),
      .group = json.at("group").get<Names>(),
      .calendar = json.at("calendar").get<Names>(),
      .step = {.months = json.at("step_months"),
               .seconds = json.at("step_seconds"),
               .month_end = json.at("step_month_end")},
      .unit = from_name<TimeUnit>(unit_names(), json.at("time_unit")),
  };
  for (const auto& column : json.at("inputs")) schema.inputs.push_back(column_from(column));
  for (const auto& column : json.at("targets")) schema.targets.push_back(column_from(column));
  const auto& known = calendar_names();
  for (const auto& name : schema.calendar) {
    if (std::ranges::find(known, name) == known.end()) throw Error("the calendar has no " + name);
  }
  if (is_seasonal(schema.relative) && schema.season == 0) throw Error("it is relative to a season of 0 rows");
  if (schema.targets.empty() || (schema.inputs.empty() && schema.calendar.empty()))
    throw Error("it names no columns");
  return schema;
}

}  // namespace

std::int64_t SchemaColumn::width() const {
  return kind == ColumnKind::category ? 1 + static_cast<std::int64_t>(categories.size()) : 1;
}

bool SeriesSchema::has_known_ahead() const {
  return predict == PredictKind::forecast && std::ranges::any_of(inputs, &SchemaColumn::known_ahead);
}

std::int64_t SeriesSchema::input_of_target(std::size_t target) const {
  const auto found = std::ranges::find(inputs, targets.at(target).name, &SchemaColumn::name);
  return found == inputs.end() ? -1 : found - inputs.begin();
}

std::int64_t SeriesSchema::first_feature(std::size_t input) const {
  std::int64_t first = 0;
  for (std::size_t i = 0; i < input; ++i) first += inputs[i].width() + (inputs[i].mask ? 1 : 0);
  return first;
}

std::int64_t SeriesSchema::first_calendar() const {
  return first_feature(inputs.size());
}

std::int64_t SeriesSchema::features() const {
  return first_calendar() + 2 * static_cast<std::int64_t>(calendar.size()) + (has_known_ahead() ? 1 : 0);
}

std::map<std::string, ColumnKind> SeriesSchema::kinds(bool with_targets) const {
  std::map<std::string, ColumnKind> kinds;
  // Times and groups are made of what the table has: texts are never mixed with numbers there.
  for (const auto& name : group) kinds[name] = ColumnKind::category;
  if (with_targets) {
    for (const auto& column : targets) kinds[column.name] = column.kind;
  }
  for (const auto& column : inputs) kinds[column.name] = column.kind;
  return kinds;
}

json SeriesSchema::to_json() const {
  json columns = json::array(), answered = json::array();
  for (const auto& column : inputs) columns.push_back(column_json(column));
  for (const auto& column : targets) answered.push_back(column_json(column));
  return {{"predict", name_in(predict_names(), predict)},
          {"horizon", horizon},
          {"window", window},
          {"burn_in", burn_in},
          {"season", season},
          {"relative", name_in(relative_names(), relative)},
          {"difference", difference},
          {"missing", name_in(missing_names(), missing)},
          {"time", time},
          {"group", group},
          {"calendar", calendar},
          {"step_months", step.months},
          {"step_seconds", step.seconds},
          {"step_month_end", step.month_end},
          {"time_unit", name_in(unit_names(), unit)},
          {"inputs", columns},
          {"targets", answered}};
}

SeriesSchema SeriesSchema::from_json(const json& json) try {
  return schema_from(json);
} catch (const std::exception& error) {
  throw Error(
      fmt::format("the run's schema.json is damaged ({}): restore it or start a new run", error.what()));
}

}  // namespace carousel
