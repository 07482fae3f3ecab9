#include "carousel/flow/recorder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace carousel {

namespace {

constexpr double unmeasured = std::numeric_limits<double>::quiet_NaN();
constexpr double no_gradient = -std::numeric_limits<double>::infinity();

}  // namespace

std::int64_t FlowRecorder::begin(const CellFacts& cell, std::int64_t steps) {
  const std::lock_guard lock(mutex_);
  if (steps_ > 0 && steps_ + steps > most_steps_) {
    const std::int64_t forgotten = record_.forgotten + steps_;
    start_anew();
    record_.forgotten = forgotten;
  }
  record_.describe(cell);
  record_.last_segment = steps_;
  return first_ + std::exchange(steps_, steps_ + steps);
}

FlowRecorder::Layer& FlowRecorder::layer(LayerId id) {
  const auto found = std::ranges::find(layers_, id, [](const Layer& l) { return l.flow.id; });
  auto& layer = found != layers_.end() ? *found : layers_.emplace_back();
  const auto steps = static_cast<std::size_t>(steps_);
  layer.flow.id = id;
  layer.flow.gradient_log10.resize(record_.states.size());
  layer.known.resize(record_.states.size());
  layer.flow.gate_mean.resize(record_.gates.size());
  layer.flow.saturation.resize(record_.gates.size());
  for (auto& curve : layer.flow.gradient_log10) curve.resize(steps, unmeasured);
  for (auto& curve : layer.known) curve.resize(steps, Known::nothing);
  for (auto& curve : layer.flow.gate_mean) curve.resize(steps, unmeasured);
  return layer;
}

void FlowRecorder::resets(std::int64_t first, std::span<const double> shares) {
  const std::lock_guard lock(mutex_);
  if (!is_current(first)) return;
  record_.resets.resize(static_cast<std::size_t>(steps_), 0.0);
  std::ranges::copy(shares, record_.resets.begin() + static_cast<std::ptrdiff_t>(place(first)));
}

void FlowRecorder::gate_mean(LayerId id, std::size_t gate, std::int64_t step, double mean) {
  gate_means(id, gate, step, {&mean, 1});
}

void FlowRecorder::gate_saturation(LayerId id, std::size_t gate, std::int64_t step, Saturation share) {
  gate_saturations(id, gate, step, {&share, 1});
}

void FlowRecorder::gate_saturations(LayerId id, std::size_t gate, std::int64_t first,
                                    std::span<const Saturation> shares) {
  const std::lock_guard lock(mutex_);
  if (!is_current(first)) return;
  auto& curve = layer(id).flow.saturation[gate];
  curve.resize(static_cast<std::size_t>(steps_), {unmeasured, unmeasured});
  std::ranges::copy(shares, curve.begin() + (first - first_));
}

void FlowRecorder::state_finite(LayerId id, std::int64_t step, bool finite) {
  const std::lock_guard lock(mutex_);
  if (finite || !is_current(step)) return;
  const std::int64_t own = step - first_;
  if (record_.first_bad_state && *record_.first_bad_state <= own) return;
  record_.first_bad_state = own;
  record_.first_bad_layer = id;
}

void FlowRecorder::gate_means(LayerId id, std::size_t gate, std::int64_t first,
                              std::span<const double> means) {
  const std::lock_guard lock(mutex_);
  if (!is_current(first)) return;
  std::ranges::copy(means, layer(id).flow.gate_mean[gate].begin() + (first - first_));
}

void FlowRecorder::gradient_awaited(LayerId id, std::size_t state, std::int64_t first, std::int64_t steps) {
  const std::lock_guard lock(mutex_);
  if (!is_current(first)) return;
  std::fill_n(layer(id).known[state].begin() + (first - first_), steps, Known::awaited);
}

void FlowRecorder::gradient_norm(LayerId id, std::size_t state, std::int64_t step, double norm) {
  gradient_norms(id, state, step, {&norm, 1});
}

void FlowRecorder::gradient_norms(LayerId id, std::size_t state, std::int64_t first,
                                  std::span<const double> norms) {
  const std::lock_guard lock(mutex_);
  if (!is_current(first)) return;
  heard_ = true;
  auto& [flow, known] = layer(id);
  for (std::int64_t step = first; const double norm : norms) {
    const bool finite = std::isfinite(norm);
    flow.gradient_log10[state][place(step)] = finite ? std::log10(norm) : unmeasured;
    known[state][place(step)] = Known::reported;
    const std::int64_t own = step - first_;
    if (!finite && (!record_.last_bad_gradient || *record_.last_bad_gradient < own)) {
      record_.last_bad_gradient = own;
      record_.last_bad_layer = id;
    }
    ++step;
  }
}

/// What was awaited and did not come is no gradient, provided that a backward pass was seen at all.
void FlowRecorder::settle() {
  if (!heard_) return;
  for (auto& [flow, known] : layers_) {
    for (std::size_t s = 0; s < known.size(); ++s) {
      for (std::size_t t = 0; t < known[s].size(); ++t) {
        if (known[s][t] == Known::awaited) flow.gradient_log10[s][t] = no_gradient;
      }
    }
  }
}

void FlowRecorder::last_loss_done() {
  const std::lock_guard lock(mutex_);
  settle();
  heard_ = false;
  for (auto& [flow, known] : layers_) {
    flow.last_loss_log10 = std::exchange(flow.gradient_log10, {});
    for (auto& curve : known) std::ranges::replace(curve, Known::reported, Known::awaited);
    layer(flow.id);  // the curves anew
  }
}

void FlowRecorder::start_anew() {
  first_ += std::exchange(steps_, 0);
  record_ = {};
  layers_.clear();
  heard_ = false;
}

FlowRecord FlowRecorder::take() {
  const std::lock_guard lock(mutex_);
  settle();
  if (!record_.resets.empty()) record_.resets.resize(static_cast<std::size_t>(steps_), 0.0);
  auto record = std::move(record_);
  for (auto& layer : layers_) record.layers.push_back(std::move(layer.flow));
  start_anew();
  return record;
}

}  // namespace carousel
