#include "tasks/series_baselines.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace carousel {
namespace {

struct Errors {
  double squares = 0.0, absolute = 0.0, unit_squares = 0.0, unit_absolute = 0.0, count = 0.0;

  void add(const SeriesSchema& schema, std::size_t target, double truth, double answer) {
    if (std::isnan(truth)) return;
    const Scaling& scaling = schema.targets[target].scaling;
    const double off = scaling.scale(truth) - answer;
    const double unit_off = schema.targets.size() == 1 ? truth - scaling.unscale(answer) : off;
    squares += off * off;
    absolute += std::abs(off);
    unit_squares += unit_off * unit_off;
    unit_absolute += std::abs(unit_off);
    count += 1.0;
  }

  SimpleAnswer answer(std::string text, Relative relative) const {
    return {.text = std::move(text),
            .squares = squares / count,
            .absolute = absolute / count,
            .rmse = std::sqrt(unit_squares / count),
            .mae = unit_absolute / count,
            .relative = relative};
  }
};

double training_mean(const SeriesSchema& schema, std::size_t target) {
  const SchemaColumn& column = schema.targets[target];
  return column.scaling.scale(column.mean);
}

/// Every known target of every window.
Errors forecast_errors(const SeriesData& data, Split split, Relative relative) {
  Errors errors;
  for (const SeriesWindow& window : data.of(split)) {
    for (std::size_t k = 0; k < data.schema.targets.size(); ++k) {
      const double* truth = data.frame.truth[k].data() + window.first + window.length;
      for (const double reference : references(data, relative, window, k)) {
        const double answer = relative == Relative::none ? training_mean(data.schema, k) : reference;
        errors.add(data.schema, k, *truth++, answer);
      }
    }
  }
  return errors;
}

/// Of steps and sequences, whose truth is at rows that are read.
template <class Each> void for_each_truth(const SeriesData& data, Split split, Each each) {
  for (const SeriesWindow& window : data.of(split)) {
    const auto end = window.first + window.length;
    const bool whole = data.schema.predict == PredictKind::sequence;
    for (std::size_t k = 0; k < data.schema.targets.size(); ++k) {
      for (auto i = whole ? end - 1 : window.first + window.burn_in; i < end; ++i)
        each(k, data.frame.truth[k][static_cast<std::size_t>(i)]);
    }
  }
}

}  // namespace

std::string relative_text(Relative relative) {
  switch (relative) {
    case Relative::last:
      return "the last value";
    case Relative::season:
      return "the value one season before";
    case Relative::both:
      return "the mean of the last value and that of one season before";
    case Relative::seasons:
      return "the mean of the window's seasons";
    case Relative::window:
      return "the window's mean, in units of its deviation";
    default:
      return "nothing";
  }
}

std::vector<SimpleAnswer> simple_answers(const SeriesData& data, Split split) {
  std::vector<SimpleAnswer> answers;
  if (data.of(split).empty()) return answers;
  if (data.schema.predict != PredictKind::forecast) {
    Errors errors;
    for_each_truth(data, split, [&](std::size_t k, double truth) {
      errors.add(data.schema, k, truth, training_mean(data.schema, k));
    });
    answers.push_back(errors.answer("the training mean", Relative::none));
    return answers;
  }
  const auto add = [&](Relative relative, std::string text) {
    answers.push_back(forecast_errors(data, split, relative).answer(std::move(text), relative));
  };
  add(Relative::last, "the last value");
  if (has_season(data.schema)) {
    add(Relative::season, fmt::format("the value {} rows before", data.schema.season));
    add(Relative::both, "the mean of these two");
    const std::int64_t seasons = (data.schema.burn_in + data.schema.window) / data.schema.season;
    if (seasons > 1) add(Relative::seasons, fmt::format("the mean of {} seasons before", seasons));
  }
  add(Relative::window, "the window's mean");
  add(Relative::none, "the training mean");
  return answers;
}

Relative best_reference(const SeriesData& data) {
  return std::ranges::min_element(data.valid_answers, {}, &SimpleAnswer::squares)->relative;
}

std::pair<double, std::string> majority(const SeriesData& data, Split split) {
  const auto most = std::ranges::max_element(data.class_counts);
  const auto place = static_cast<std::size_t>(most - data.class_counts.begin());
  double count = 0.0, right = 0.0;
  for_each_truth(data, split, [&](std::size_t, double truth) {
    if (std::isnan(truth)) return;
    count += 1.0;
    right += truth == static_cast<double>(place) ? 1.0 : 0.0;
  });
  return {right / count, data.schema.targets.front().categories.at(place)};
}

}  // namespace carousel
