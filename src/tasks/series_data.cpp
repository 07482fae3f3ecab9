#include "tasks/series_data.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/data/forecast_scores.h"
#include "carousel/data/series_fit.h"
#include "carousel/data/series_split.h"
#include "carousel/data/table_file.h"
#include "carousel/error.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/series.h"
#include "carousel/text.h"

#include "tasks/series_baselines.h"
#include "tasks/series_notes.h"
#include "tasks/table_reading.h"

namespace carousel {
namespace {

/// All that a request names; empty where all other columns are inputs.
std::vector<std::string> columns_to_read(const SeriesRequest& request) {
  if (request.inputs.empty()) return {};
  std::vector<std::string> names;
  for (const auto* list : {&request.time, &request.group, &request.targets, &request.inputs}) {
    for (const auto& name : *list) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  if (request.split.starts_with("column:")) names.push_back(request.split.substr(7));
  return names;
}

class Loader {
 public:
  Loader(const Settings& settings, const TaskContext& context)
      : settings_(settings), context_(context), request_(series_request(settings)) {
    if (!context.memory.schema.empty())
      data_.schema = SeriesSchema::from_json(parse_schema(context.memory.schema));
  }

  SeriesData load() {
    read();
    data_.order =
        order_of(data_.table, request_.time, is_known() ? data_.schema.group : request_.group, ends_);
    context_.answer_every ? answer() : split_and_fit();
    data_.notes = series_notes(data_, split_text_);
    forget_columns();
    return std::move(data_);
  }

 private:
  bool is_known() const { return !context_.memory.schema.empty(); }

  void read() {
    TableFormat format = table_format(settings_);
    if (is_known()) {
      forget_groups_of_files();
      format.kinds = data_.schema.kinds(true);
    }
    if (!context_.answer_every) format.only = columns_to_read(request_);
    TableParts parts = read_table_parts(settings_, std::move(format), context_, "series");
    data_.table = std::move(parts.table);
    ends_ = parts.ends;
    by_files_ = parts.by_files;
  }

  /// A run over several files was grouped by file; one file alone is one group.
  void forget_groups_of_files() {
    if (request_.group.empty()) data_.schema.group.clear();
  }

  void answer() {
    data_.frame =
        frame_of(data_.table, data_.order, data_.schema, data_.schema.predict == PredictKind::forecast);
    const std::int64_t every = *context_.answer_every < 0 ? data_.schema.horizon : *context_.answer_every;
    data_.windows[2] = windows_to_answer(data_.frame, data_.order, data_.schema, every);
    if (!data_.windows[2].empty()) return;
    throw Error(fmt::format(
        "{} has {} rows, and no run of {} without a gap, which the model reads before a forecast: "
        "give a longer table",
        data_.table.source(), data_.table.rows(), data_.schema.burn_in + data_.schema.window));
  }

  void split_and_fit() {
    const PredictKind predict =
        is_known() ? data_.schema.predict : predict_kind(data_.table, data_.order, request_);
    const bool by_group = predict != PredictKind::forecast && data_.order.groups.size() > 2;
    const auto classes =
        by_group ? classes_of_groups(data_.table, data_.order, request_) : std::vector<std::int64_t>{};
    const auto part = by_files_ ? parts_of_files(by_group, classes)
                                : split_rows(data_.table, data_.order, request_.split, by_group, classes);
    if (!is_known()) data_.schema = fit_schema(data_.table, data_.order, request_, predict, part);
    data_.frame = frame_of(data_.table, data_.order, data_.schema, true);
    data_.windows =
        windows_of(data_.frame, data_.order, data_.schema, part, request_.stride, request_.restart_at_gaps);
    check_windows(part);
    count_classes();
    measure_steps(part);
    if (!data_.schema.is_classification()) data_.valid_answers = simple_answers(data_, Split::valid);
    if (!is_known()) choose_relative();
    split_text_ = split_note(data_, part, by_files_ ? "by files" : by_group ? "by sequence" : "in time");
  }

  /// Where only one of both is a file of its own, the rest of --data is split for the other.
  std::vector<std::int8_t> parts_of_files(bool by_group, const std::vector<std::int64_t>& classes) const {
    auto part = split_by_files(data_.order, ends_);
    if (ends_[0] != ends_[1]) return part;  // there is validation data
    const std::string split = request_.split.starts_with("every:") ? request_.split : "0.85,0.15,0";
    const auto own = by_group ? split_rows(data_.table, data_.order, split, by_group, classes) : part;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] == 0 && is_late(i, by_group, own)) part[i] = 1;
    }
    return part;
  }

  /// The last 15 % of the rows of --data, or the groups that are drawn for it.
  bool is_late(std::size_t place, bool by_group, const std::vector<std::int8_t>& own) const {
    if (by_group) return own[place] == 1;
    return static_cast<double>(data_.order.rows[place]) >= 0.85 * static_cast<double>(ends_[0]);
  }

  void check_windows(const std::vector<std::int8_t>& part) const {
    const bool forecast = data_.schema.predict == PredictKind::forecast;
    const std::int64_t needed = data_.schema.burn_in + data_.schema.window + data_.schema.horizon;
    for (std::size_t p = 0; p < 3; ++p) {
      if (!data_.windows[p].empty()) continue;
      const auto rows = std::ranges::count(part, static_cast<std::int8_t>(p));
      const bool needs = p == 1 || (p == 0 && !context_.measured);
      if (rows == 0 && !needs) continue;
      const char* name = std::array{"training", "validation", "test"}[p];
      if (p == 2 && !needs) continue;
      if (!forecast)
        throw Error(fmt::format(
            "the {} part of {} has no row with a known target: give more rows, or another --split", name,
            data_.table.source()));
      throw Error(fmt::format(
          "the {} part of {} has {} rows, but one window and what it forecasts need {} without a gap "
          "(--burn-in {} + --window {} + --horizon {}): give a longer table, a shorter window or "
          "another --split",
          name, data_.table.source(), rows, needed, data_.schema.burn_in, data_.schema.window,
          data_.schema.horizon));
    }
  }

  void count_classes() {
    if (!data_.schema.is_classification()) return;
    data_.class_counts.assign(data_.schema.targets.front().categories.size(), 0);
    const auto& truth = data_.frame.truth.front();
    for (const auto& window : data_.of(Split::train)) {
      const bool whole = data_.schema.predict == PredictKind::sequence;
      const auto first = whole ? window.first + window.length - 1 : window.first + window.burn_in;
      for (auto i = first; i < window.first + window.length; ++i) {
        const double value = truth[static_cast<std::size_t>(i)];
        if (!std::isnan(value)) ++data_.class_counts[static_cast<std::size_t>(value)];
      }
    }
  }

  /// What the value one season before, or the last one, is off by on the training rows.
  void measure_steps(const std::vector<std::int8_t>& part) {
    if (data_.schema.predict != PredictKind::forecast) return;
    std::vector<std::int64_t> starts;
    std::vector<std::size_t> places;
    for (std::size_t s = 0; s + 1 < data_.frame.segments.size(); ++s) {
      for (auto i = data_.frame.segments[s]; i < data_.frame.segments[s + 1]; ++i) {
        if (part[static_cast<std::size_t>(i)] != 0) continue;
        if (places.empty() || places.back() + 1 != static_cast<std::size_t>(i) ||
            i == data_.frame.segments[s])
          starts.push_back(static_cast<std::int64_t>(places.size()));
        places.push_back(static_cast<std::size_t>(i));
      }
    }
    for (const auto& truth : data_.frame.truth) {
      std::vector<double> training;
      for (const auto place : places) training.push_back(truth[place]);
      data_.mase_scales.push_back(
          mase_scale(training, std::max<std::int64_t>(1, data_.schema.season), starts));
    }
  }

  void choose_relative() {
    SeriesSchema& schema = data_.schema;
    if (schema.predict != PredictKind::forecast) return;
    if (request_.relative != "auto") {
      schema.relative = chosen<Relative>(relative_names(), request_.relative);
    } else {
      schema.relative = schema.difference ? Relative::last : best_reference(data_);
    }
    if (!is_seasonal(schema.relative) || has_season(schema)) return;
    throw Error(
        schema.season == 0
            ? fmt::format("--relative {} needs the rows of a season: give --season N", request_.relative)
            : fmt::format(
                  "--relative {} looks {} rows back, but --window is {}: give a longer window or another "
                  "--season",
                  request_.relative, schema.season, schema.window));
  }

  /// What answers do not name is in the frame by now.
  void forget_columns() {
    Table bare = without_columns(data_.table);
    std::erase_if(data_.table.columns, [&](const Column& column) {
      return std::ranges::find(data_.schema.group, column.name) == data_.schema.group.end();
    });
    if (data_.table.columns.empty()) data_.table = std::move(bare);
  }

  const Settings& settings_;
  const TaskContext& context_;
  SeriesRequest request_;
  SeriesData data_;
  std::array<std::int64_t, 2> ends_{};
  bool by_files_ = false;
  std::string split_text_;  // empty where a table is only answered
};

}  // namespace

SeriesData load_series(const Settings& settings, const TaskContext& context) {
  return Loader(settings, context).load();
}

}  // namespace carousel
