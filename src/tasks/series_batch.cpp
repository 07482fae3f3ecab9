#include "tasks/series_batch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "carousel/tasks/batching.h"
#include "carousel/torch.h"

namespace carousel {
namespace {

constexpr float not_known = std::numeric_limits<float>::quiet_NaN();

using Windows = std::vector<const SeriesWindow*>;

/// The places of steps 0 ... steps - 1 of each window, [T B]; beyond the end of a window its last place again.
torch::Tensor places_of(const Windows& windows, std::int64_t steps, std::int64_t last_place) {
  std::vector<std::int64_t> places;
  places.reserve(static_cast<std::size_t>(steps) * windows.size());
  for (std::int64_t t = 0; t < steps; ++t) {
    for (const auto* window : windows) places.push_back(std::min(window->first + t, last_place));
  }
  return copy_of(places, {static_cast<std::int64_t>(places.size())});
}

/// Inputs of the horizon: what is known ahead, and the flag.
void hide_the_future(const SeriesSchema& schema, torch::Tensor& future) {
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const auto& column = schema.inputs[i];
    if (!column.known_ahead)
      future.narrow(2, schema.first_feature(i), column.width() + (column.mask ? 1 : 0)).zero_();
  }
  future.select(2, schema.features() - 1).fill_(1.0);
}

/// An input [T, B] that is a target, less the window's mean, over its deviation.
void normalise_by_window(const SeriesData& data, const Windows& windows, std::size_t target,
                         torch::Tensor input) {
  std::vector<float> means, deviations;
  for (const auto* window : windows) {
    const WindowMoments moments = window_moments(data, *window, target);
    means.push_back(static_cast<float>(moments.mean));
    deviations.push_back(static_cast<float>(moments.deviation));
  }
  const auto count = static_cast<std::int64_t>(windows.size());
  input.sub_(copy_of(means, {count})).div_(copy_of(deviations, {count}));
}

/// The same less the mean of the window's seasons at the place of each row.
void subtract_seasons(const SeriesData& data, const Windows& windows, std::size_t target,
                      torch::Tensor input) {
  const std::int64_t steps = input.size(0), season = data.schema.season;
  std::vector<float> means;  // [B, season], the window's last row at the end
  for (const auto* window : windows) {
    const auto profile = season_profile(data, *window, target, steps / season);
    means.insert(means.end(), profile.rbegin(), profile.rend());
  }
  const std::int64_t repeats = (steps + season - 1) / season;
  const auto rows =
      copy_of(means, {static_cast<std::int64_t>(windows.size()), season}).t().repeat({repeats, 1});
  input.sub_(rows.narrow(0, repeats * season - steps, steps));
}

/// What changes_inputs() says of the schema's reference.
void change_inputs(const SeriesData& data, const Windows& windows, torch::Tensor& past) {
  const auto change = data.schema.relative == Relative::window ? normalise_by_window : subtract_seasons;
  for (std::size_t k = 0; k < data.schema.targets.size(); ++k) {
    const auto input = data.schema.input_of_target(k);
    if (input < 0) continue;
    change(data, windows, k, past.select(2, data.schema.first_feature(static_cast<std::size_t>(input))));
  }
}

float scaled_truth(const SeriesData& data, std::size_t target, std::int64_t place) {
  if (place >= data.frame.places) return not_known;
  const double truth = data.frame.truth[target][static_cast<std::size_t>(place)];
  return static_cast<float>(data.schema.targets[target].scaling.scale(truth));
}

torch::Tensor forecast_target(const SeriesData& data, const Windows& windows) {
  const auto count = data.schema.targets.size();
  const Relative relative = data.schema.relative;
  std::vector<float> values;
  for (const auto* window : windows) {
    std::vector<float> widths(count, 1.0F);
    std::vector<std::vector<double>> added;
    for (std::size_t k = 0; k < count; ++k) {
      added.push_back(references(data, relative, *window, k));
      if (relative == Relative::window)
        widths[k] = static_cast<float>(window_moments(data, *window, k).deviation);
    }
    for (std::int64_t h = 1; h <= data.schema.horizon; ++h) {
      for (std::size_t k = 0; k < count; ++k) {
        values.push_back(scaled_truth(data, k, window->first + window->length - 1 + h));
        values.push_back(static_cast<float>(added[k][static_cast<std::size_t>(h - 1)]));
        values.push_back(widths[k]);
      }
    }
  }
  return copy_of(values, {static_cast<std::int64_t>(windows.size()), data.schema.horizon,
                          static_cast<std::int64_t>(count), 3});
}

/// The truth of a window's step, where it counts.
bool counts(const SeriesWindow& window, std::int64_t t) {
  return t >= window.burn_in && t < window.length;
}

torch::Tensor step_numbers(const SeriesData& data, const Windows& windows, std::int64_t steps) {
  const auto count = data.schema.targets.size();
  std::vector<float> values;
  for (std::int64_t t = 0; t < steps; ++t) {
    for (const auto* window : windows) {
      for (std::size_t k = 0; k < count; ++k) {
        values.insert(
            values.end(),
            {counts(*window, t) ? scaled_truth(data, k, window->first + t) : not_known, 0.0F, 1.0F});
      }
    }
  }
  return copy_of(values,
                 {steps, static_cast<std::int64_t>(windows.size()), static_cast<std::int64_t>(count), 3});
}

std::int64_t class_at(const SeriesData& data, std::int64_t place) {
  const double truth = data.frame.truth.front()[static_cast<std::size_t>(place)];
  return std::isnan(truth) ? -1 : static_cast<std::int64_t>(truth);
}

torch::Tensor step_classes(const SeriesData& data, const Windows& windows, std::int64_t steps) {
  std::vector<std::int64_t> classes;
  for (std::int64_t t = 0; t < steps; ++t) {
    for (const auto* window : windows)
      classes.push_back(counts(*window, t) ? class_at(data, window->first + t) : -1);
  }
  return copy_of(classes, {steps, static_cast<std::int64_t>(windows.size())});
}

/// Where a window goes on behind a gap, [T, B]; undefined where none does.
torch::Tensor resets_at_gaps(const SeriesOrder& order, const Windows& windows, std::int64_t steps) {
  torch::Tensor marks;
  for (std::size_t b = 0; b < windows.size(); ++b) {
    const auto& window = *windows[b];
    for (auto gap = std::ranges::upper_bound(order.gaps, window.first);
         gap != order.gaps.end() && *gap < window.first + window.length; ++gap) {
      if (!marks.defined()) marks = torch::zeros({steps, std::ssize(windows)}, torch::kBool);
      marks[*gap - window.first][static_cast<std::int64_t>(b)] = true;
    }
  }
  return marks;
}

torch::Tensor sequence_target(const SeriesData& data, const Windows& windows, std::int64_t classes) {
  std::vector<std::int64_t> places;
  for (const auto* window : windows) places.push_back(window->first + window->length - 1);
  const auto count = static_cast<std::int64_t>(windows.size());
  if (classes > 0) {
    std::ranges::transform(places, places.begin(), [&](std::int64_t place) { return class_at(data, place); });
    return copy_of(places, {count});
  }
  std::vector<float> values;
  for (const auto place : places) {
    for (std::size_t k = 0; k < data.schema.targets.size(); ++k)
      values.insert(values.end(), {scaled_truth(data, k, place), 0.0F, 1.0F});
  }
  return copy_of(values, {count, static_cast<std::int64_t>(data.schema.targets.size()), 3});
}

}  // namespace

Batch series_batch(const SeriesData& data, const torch::Tensor& inputs, Split split,
                   std::vector<std::int64_t> examples, std::int64_t classes) {
  const SeriesSchema& schema = data.schema;
  Windows windows;
  std::int64_t steps = 0;
  for (const auto example : examples) {
    windows.push_back(&data.of(split)[static_cast<std::size_t>(example)]);
    steps = std::max<std::int64_t>(steps, windows.back()->length);
  }
  const auto count = static_cast<std::int64_t>(windows.size());
  const bool forecast = schema.predict == PredictKind::forecast, ahead = schema.has_known_ahead();
  const std::int64_t all = steps + (ahead ? schema.horizon : 0);
  Batch batch;
  batch.examples = std::move(examples);
  batch.input = inputs.index_select(0, places_of(windows, all, data.frame.places - 1)).view({all, count, -1});
  if (ahead) {
    auto future = batch.input.narrow(0, steps, schema.horizon);
    hide_the_future(schema, future);
  }
  if (forecast) {
    auto past = batch.input.narrow(0, 0, steps);
    if (changes_inputs(schema.relative)) change_inputs(data, windows, past);
    batch.target = forecast_target(data, windows);
    return batch;
  }
  std::vector<std::int64_t> lengths;
  for (const auto* window : windows) lengths.push_back(window->length);
  if (!std::ranges::all_of(lengths, [&](std::int64_t length) { return length == steps; }))
    batch.lengths = copy_of(lengths, {count});
  if (schema.predict == PredictKind::step) batch.resets = resets_at_gaps(data.order, windows, steps);
  batch.target = schema.predict == PredictKind::sequence ? sequence_target(data, windows, classes)
                 : classes > 0                           ? step_classes(data, windows, steps)
                                                         : step_numbers(data, windows, steps);
  return batch;
}

}  // namespace carousel
