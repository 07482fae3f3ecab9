#include "carousel/data/series_frame.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/text.h"

namespace carousel {
namespace {

/// The column's values at each place. A category's are places among `categories`: -1 for one that is not there.
std::vector<double> values_at(const Column& column, const SchemaColumn& schema, const SeriesOrder& order) {
  std::vector<double> translated;
  if (schema.kind == ColumnKind::category) {
    std::unordered_map<std::string, double> places;
    for (std::size_t i = 0; i < schema.categories.size(); ++i)
      places.emplace(schema.categories[i], static_cast<double>(i));
    for (const auto& text : column.categories) {
      const auto found = places.find(text);
      translated.push_back(found == places.end() ? -1.0 : found->second);
    }
  }
  std::vector<double> values;
  values.reserve(order.rows.size());
  for (const auto row : order.rows) {
    const double value = column.values[static_cast<std::size_t>(row)];
    const bool look_up = schema.kind == ColumnKind::category && !std::isnan(value);
    values.push_back(look_up ? translated.at(static_cast<std::size_t>(value)) : value);
  }
  return values;
}

void check_is_finite(const Table& table, const SeriesOrder& order, const std::string& name,
                     const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isinf(values[i])) continue;
    throw Error(fmt::format("{} has an infinite value in the column '{}': replace it, or leave it empty",
                            table.place(order.rows[i]), name));
  }
}

/// Numbers without missing ones, as the rule says; of a group, what comes before does not reach into the next.
/// `carry`, where there is one, is the last value of the rows before, and becomes that of these.
void fill(std::vector<double>& values, const SchemaColumn& column, MissingRule rule,
          const std::vector<std::int64_t>& groups, double* carry) {
  const double stand_in = rule == MissingRule::zero ? 0.0 : column.mean;
  double last = carry && !std::isnan(*carry) ? *carry : stand_in;
  for (std::size_t g = 0; g + 1 < groups.size(); ++g) {
    if (g > 0) last = stand_in;
    for (auto i = static_cast<std::size_t>(groups[g]); i < static_cast<std::size_t>(groups[g + 1]); ++i) {
      if (std::isnan(values[i])) {
        values[i] = last;
      } else if (rule == MissingRule::forward) {
        last = values[i];
      }
    }
  }
  if (carry) *carry = last;
}

class Builder {
 public:
  Builder(const Table& table, const SeriesOrder& order, const SeriesSchema& schema,
          SeriesTail* tail = nullptr)
      : table_(table), order_(order), schema_(schema), tail_(tail) {
    if (tail && tail->inputs.empty()) {
      tail->inputs.assign(schema.inputs.size(), missing);
      tail->targets.assign(schema.targets.size(), missing);
      tail->levels.assign(schema.inputs.size(), missing);
    }
    frame_.places = order.size();
    frame_.features = schema.features();
    frame_.inputs.assign(static_cast<std::size_t>(frame_.places * frame_.features), 0.0F);
    if (schema.missing == MissingRule::drop)
      frame_.dropped.assign(static_cast<std::size_t>(frame_.places), false);
  }

  SeriesFrame build(bool with_targets) {
    for (std::size_t i = 0; i < schema_.inputs.size(); ++i) add_input(i);
    add_calendar();
    for (const auto& target : schema_.targets) add_target(target, with_targets);
    cut();
    return std::move(frame_);
  }

 private:
  void set(std::size_t place, std::int64_t feature, double value) {
    frame_.inputs[place * static_cast<std::size_t>(frame_.features) + static_cast<std::size_t>(feature)] =
        static_cast<float>(value);
  }

  std::vector<double> read(const SchemaColumn& column, const std::string& why) const {
    auto values = values_at(table_.column(column.name, why), column, order_);
    if (column.kind != ColumnKind::category) check_is_finite(table_, order_, column.name, values);
    return values;
  }

  void add_input(std::size_t input) {
    const SchemaColumn& column = schema_.inputs[input];
    auto values = read(column, "the inputs need");
    const std::int64_t first = schema_.first_feature(input);
    if (column.mask) {
      for (std::size_t i = 0; i < values.size(); ++i) set(i, first + column.width(), std::isnan(values[i]));
    }
    if (column.kind ==
        ColumnKind::category) {  // place 0 is for what training had not, and for what is missing
      for (std::size_t i = 0; i < values.size(); ++i)
        set(i, first + (std::isnan(values[i]) ? 0 : 1 + static_cast<std::int64_t>(values[i])), 1.0);
      return;
    }
    if (!frame_.dropped.empty()) {
      for (std::size_t i = 0; i < values.size(); ++i)
        if (std::isnan(values[i])) frame_.dropped[i] = true;
    }
    fill(values, column, schema_.missing, order_.groups, tail_ ? &tail_->inputs[input] : nullptr);
    const bool steps = schema_.difference && is_target(column.name);
    if (steps) to_differences(values, column, input);
    for (std::size_t i = 0; i < values.size(); ++i)
      set(i, first, steps ? values[i] / column.scaling.width() : column.scaling.scale(values[i]));
  }

  bool is_target(const std::string& name) const {
    return std::ranges::find(schema_.targets, name, &SchemaColumn::name) != schema_.targets.end();
  }

  /// Each scaled value less the one before, 0 for a group's first, in units of the data or of ln(1 + x).
  void to_differences(std::vector<double>& values, const SchemaColumn& column, std::size_t input) const {
    for (double& value : values) value = column.scaling.scale(value) * column.scaling.width();
    const std::vector<double> levels = values;
    for (std::size_t i = values.size(); i-- > 1;) values[i] = levels[i] - levels[i - 1];
    for (std::size_t g = 0; g + 1 < order_.groups.size(); ++g)
      values[static_cast<std::size_t>(order_.groups[g])] = 0.0;
    if (!tail_) return;
    const double before = tail_->levels[input];
    if (!std::isnan(before)) values.front() = levels.front() - before;
    tail_->levels[input] = levels.back();
  }

  void add_calendar() {
    std::int64_t feature = schema_.first_calendar();
    for (const auto& name : schema_.calendar) {
      for (std::size_t i = 0; i < order_.rows.size(); ++i) {
        const auto [sine, cosine] = calendar_feature(name, order_.time->values[i]);
        set(i, feature, sine);
        set(i, feature + 1, cosine);
      }
      feature += 2;
    }
  }

  void add_target(const SchemaColumn& target, bool with_targets) {
    const bool there = with_targets || table_.has(target.name);
    if (!there) {
      frame_.truth.emplace_back(order_.rows.size(), missing);
    } else {
      frame_.truth.push_back(read(target, "--target names"));
      if (target.kind == ColumnKind::category && with_targets) check_classes(target, frame_.truth.back());
      if (target.kind == ColumnKind::category) std::ranges::replace(frame_.truth.back(), -1.0, missing);
    }
    if (schema_.predict != PredictKind::forecast) return;
    auto values = frame_.truth.back();
    const auto place = static_cast<std::size_t>(&target - schema_.targets.data());
    fill(values, target, schema_.missing, order_.groups, tail_ ? &tail_->targets[place] : nullptr);
    std::vector<float>& history = frame_.history.emplace_back();
    for (const double value : values) history.push_back(static_cast<float>(target.scaling.scale(value)));
  }

  /// A class that training did not have cannot be right: its truth is not known here.
  void check_classes(const SchemaColumn& target, const std::vector<double>& values) const {
    const auto unknown = std::ranges::find(values, -1.0);
    if (unknown == values.end()) return;
    const auto row = order_.rows[static_cast<std::size_t>(unknown - values.begin())];
    throw Error(fmt::format(
        "{} has {} in the target '{}', a class that the training rows do not have (they have {}): "
        "leave such rows out, or split so that every class is trained on",
        table_.place(row), shown(table_.column(target.name, "").text(row)), target.name,
        join(target.categories)));
  }

  void cut() {
    auto& segments = frame_.segments;
    std::vector<bool> begins(order_.rows.size() + 1, false);
    for (const auto place : order_.groups) begins[static_cast<std::size_t>(place)] = true;
    for (const auto place : order_.gaps) begins[static_cast<std::size_t>(place)] = true;
    begins.back() = false;
    for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
      const bool after_hole =
          !frame_.dropped.empty() && (frame_.dropped[i] || (i > 0 && frame_.dropped[i - 1]));
      if (begins[i] || after_hole) segments.push_back(static_cast<std::int64_t>(i));
    }
    segments.push_back(frame_.places);
  }

  const Table& table_;
  const SeriesOrder& order_;
  const SeriesSchema& schema_;
  SeriesTail* tail_;
  SeriesFrame frame_;
};

}  // namespace

SeriesFrame frame_of(const Table& table, const SeriesOrder& order, const SeriesSchema& schema,
                     bool with_targets) {
  return Builder(table, order, schema).build(with_targets);
}

SeriesFrame frame_of(const Table& table, const SeriesOrder& order, const SeriesSchema& schema,
                     SeriesTail& tail) {
  return Builder(table, order, schema, &tail).build(schema.predict == PredictKind::forecast);
}

}  // namespace carousel
