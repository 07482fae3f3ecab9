#include "carousel/data/series_fit.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

namespace carousel {
namespace {

constexpr std::size_t most_categories = 1000;

bool is_in(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

class Fit {
 public:
  Fit(const Table& table, const SeriesOrder& order, const SeriesRequest& request, PredictKind predict,
      const std::vector<std::int8_t>& part)
      : table_(table), order_(order), request_(request), predict_(predict) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] == 0) training_.push_back(static_cast<std::size_t>(order.rows[i]));
    }
  }

  SeriesSchema fit() const {
    SeriesSchema schema{.predict = predict_,
                        .horizon = is_forecast() ? std::max<std::int64_t>(1, request_.horizon) : 0,
                        .window = request_.window,
                        .burn_in = request_.burn_in,
                        .season = request_.season > 0 ? request_.season : season_of(order_.step),
                        .relative = Relative::none,
                        .difference = request_.difference && is_forecast(),
                        .missing = request_.missing,
                        .time = request_.time,
                        .group = group_columns(table_, request_.group),
                        .calendar = request_.calendar,
                        .step = order_.step};
    if (is_forecast() && schema.window == 0) schema.window = std::max<std::int64_t>(24, 2 * schema.horizon);
    if (order_.time) schema.unit = unit_of(order_.time->values);
    check_together();
    for (const auto& name : request_.targets) schema.targets.push_back(target(name));
    for (const auto& name : input_names()) schema.inputs.push_back(input(name));
    if (schema.inputs.empty() && schema.calendar.empty())
      throw Error(fmt::format("{} has no column left to read: --inputs names those that the network sees",
                              table_.source()));
    return schema;
  }

 private:
  bool is_forecast() const { return predict_ == PredictKind::forecast; }

  void check_together() const {
    if (!request_.calendar.empty() && !order_.time)
      throw Error("--calendar needs the time of each row: name its column by --time");
    if (!is_forecast() && request_.horizon > 0) {
      throw Error(
          fmt::format("--horizon is {}, but --predict {} answers rows that are there: leave one of them out",
                      request_.horizon, predict_names().at(static_cast<std::size_t>(predict_))));
    }
    if (!is_forecast() && !request_.known_ahead.empty())
      throw Error(
          "--known-ahead names columns whose future a forecast reads, but nothing is forecast here: leave it "
          "out");
    for (const auto& name : request_.known_ahead) {
      if (is_in(request_.targets, name))
        throw Error(fmt::format(
            "--known-ahead names '{}', which is the target: its future is what is to be found", name));
    }
  }

  std::vector<std::string> input_names() const {
    const auto& asked = request_.inputs;
    for (const auto& name : asked) {
      table_.column(name, "--inputs names");
      if (!is_forecast() && is_in(request_.targets, name))
        throw Error(fmt::format(
            "--inputs names '{}', which is the target that is answered at the same row: leave it out", name));
    }
    for (const auto& name : request_.known_ahead) {
      table_.column(name, "--known-ahead names");
      if (!asked.empty() && !is_in(asked, name))
        throw Error(fmt::format("--known-ahead names '{}', which is not among --inputs: add it there", name));
    }
    if (!asked.empty()) return asked;
    std::vector<std::string> names;
    const auto groups = group_columns(table_, request_.group);
    const std::string by_split = request_.split.starts_with("column:") ? request_.split.substr(7) : "";
    for (const auto& column : table_.columns) {
      const bool other = is_in(request_.time, column.name) || is_in(groups, column.name) ||
                         column.name == by_split || column.kind == ColumnKind::time ||
                         (!is_forecast() && is_in(request_.targets, column.name));
      if (!other) names.push_back(column.name);
    }
    return names;
  }

  /// Those that are there; none of what is no number.
  std::vector<double> training_values(const Column& column) const {
    std::vector<double> values;
    if (column.kind == ColumnKind::category || column.kind == ColumnKind::time) return values;
    values.reserve(training_.size());
    for (const auto row : training_) {
      if (std::isinf(column.values[row])) {
        throw Error(fmt::format("{} has an infinite value in the column '{}': replace it, or leave it empty",
                                table_.place(static_cast<std::int64_t>(row)), column.name));
      }
      if (!std::isnan(column.values[row])) values.push_back(column.values[row]);
    }
    return values;
  }

  /// Categories in the order of their texts, so that the order of the rows does not matter.
  std::vector<std::string> categories_of(const Column& column) const {
    std::vector<bool> seen(column.categories.size(), false);
    for (const auto row : training_) {
      if (!std::isnan(column.values[row])) seen[static_cast<std::size_t>(column.values[row])] = true;
    }
    std::vector<std::string> there;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (seen[i]) there.push_back(column.categories[i]);
    }
    if (there.size() > most_categories) {
      throw Error(fmt::format(
          "the column '{}' of {} has {} different texts: at most {} are taken as categories; leave it "
          "out by --inputs, or, if it is text to read, use the task classify",
          column.name, table_.source(), there.size(), most_categories));
    }
    std::ranges::sort(there);
    return there;
  }

  SchemaColumn common(const Column& column, const char* role, bool log1p,
                      const std::vector<double>& values) const {
    SchemaColumn fitted{.name = column.name, .kind = column.kind};
    if (column.kind == ColumnKind::time) {
      throw Error(fmt::format(
          "{} '{}' is a time, which is no {}: name it by --time, and what of it is read by --calendar", role,
          column.name, role));
    }
    if (column.kind == ColumnKind::category) {
      fitted.categories = categories_of(column);
      if (fitted.categories.empty()) refuse_empty(column.name, role);
      return fitted;
    }
    if (values.empty()) refuse_empty(column.name, role);
    double sum = 0.0;
    for (const double value : values) sum += (value - values.front()) / static_cast<double>(values.size());
    fitted.mean = values.front() + sum;
    if (column.kind == ColumnKind::number)
      fitted.scaling = Scaling::fit(request_.scaling, values, log1p, column.name);
    return fitted;
  }

  [[noreturn]] void refuse_empty(const std::string& name, const char* role) const {
    throw Error(fmt::format("the {} '{}' of {} is missing in every training row: leave it out by {}", role,
                            name, table_.source(), std::string(role) == "target" ? "--target" : "--inputs"));
  }

  SchemaColumn target(const std::string& name) const {
    const Column& column = table_.column(name, "--target names");
    const bool numeric = column.kind == ColumnKind::number;
    const auto values = training_values(column);
    SchemaColumn fitted = common(column, "target", request_.log1p && numeric, values);
    const std::size_t classes = fitted.categories.size();
    if (column.kind == ColumnKind::category && classes < 2)
      throw Error(fmt::format("the target '{}' is {} in every training row: there is nothing to tell apart",
                              name, shown(fitted.categories.front())));
    if (column.kind == ColumnKind::boolean) fitted.categories = {"false", "true"};
    if (is_forecast() && !numeric) {
      throw Error(fmt::format(
          "the target '{}' is a {}, and forecasts are of numbers: give --predict step or sequence", name,
          name_of(column.kind)));
    }
    if (!numeric && request_.targets.size() > 1)
      throw Error(fmt::format("--target names {} columns, of which '{}' is a {}: a class is predicted alone",
                              request_.targets.size(), name, name_of(column.kind)));
    if (numeric) check_varies(values, name);
    return fitted;
  }

  void check_varies(const std::vector<double>& values, const std::string& name) const {
    const auto [least, most] = std::ranges::minmax(values);
    if (least != most) return;
    throw Error(fmt::format("the target '{}' of {} is {} in every training row: there is nothing to learn",
                            name, table_.source(), least));
  }

  SchemaColumn input(const std::string& name) const {
    const Column& column = table_.column(name, "--inputs names");
    const bool is_target = is_in(request_.targets, name);
    const auto values = training_values(column);
    SchemaColumn fitted =
        common(column, "input", request_.log1p && is_target && column.kind == ColumnKind::number, values);
    fitted.known_ahead = is_in(request_.known_ahead, name);
    fitted.mask =
        request_.missing_mask && column.kind != ColumnKind::category && values.size() < training_.size();
    return fitted;
  }

  const Table& table_;
  const SeriesOrder& order_;
  const SeriesRequest& request_;
  PredictKind predict_;
  std::vector<std::size_t> training_;
};

}  // namespace

SeriesSchema fit_schema(const Table& table, const SeriesOrder& order, const SeriesRequest& request,
                        PredictKind predict, const std::vector<std::int8_t>& part) {
  return Fit(table, order, request, predict, part).fit();
}

}  // namespace carousel
