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
  record_.states.assign(cell.states.begin(), cell.states.end());
  record_.gates.assign(cell.gates.begin(), cell.gates.end());
  record_.activations.assign(cell.activations.begin(), cell.activations.end());
  record_.keep_gate = cell.keep_gate;
  record_.last_segment = steps_;
  return std::exchange(steps_, steps_ + steps);
}

LayerFlow& FlowRecorder::layer(LayerId id) {
  const auto found =
      std::find_if(record_.layers.begin(), record_.layers.end(), [&](auto& l) { return l.id == id; });
  auto& layer = found != record_.layers.end() ? *found : record_.layers.emplace_back();
  layer.id = id;
  layer.gradient_log10.resize(record_.states.size());
  layer.gate_mean.resize(record_.gates.size());
  layer.saturation.resize(record_.gates.size());
  // A state that no gradient reaches never calls its hook: it stays at "no gradient".
  for (auto& curve : layer.gradient_log10) curve.resize(static_cast<std::size_t>(steps_), no_gradient);
  for (auto& curve : layer.gate_mean) curve.resize(static_cast<std::size_t>(steps_), unmeasured);
  return layer;
}

void FlowRecorder::gate_mean(LayerId id, std::size_t gate, std::int64_t step, double mean) {
  const std::lock_guard lock(mutex_);
  layer(id).gate_mean[gate][static_cast<std::size_t>(step)] = mean;
}

void FlowRecorder::gate_saturation(LayerId id, std::size_t gate, std::int64_t step, Saturation share) {
  gate_saturations(id, gate, step, {&share, 1});
}

void FlowRecorder::gate_saturations(LayerId id, std::size_t gate, std::int64_t first,
                                    std::span<const Saturation> shares) {
  const std::lock_guard lock(mutex_);
  auto& curve = layer(id).saturation[gate];
  curve.resize(static_cast<std::size_t>(steps_), {unmeasured, unmeasured});
  std::ranges::copy(shares, curve.begin() + first);
}

void FlowRecorder::state_finite(LayerId id, std::int64_t step, bool finite) {
  const std::lock_guard lock(mutex_);
  if (finite || (record_.first_bad_state && *record_.first_bad_state <= step)) return;
  record_.first_bad_state = step;
  record_.first_bad_layer = id;
}

void FlowRecorder::gate_means(LayerId id, std::size_t gate, std::int64_t first,
                              std::span<const double> means) {
  const std::lock_guard lock(mutex_);
  std::ranges::copy(means, layer(id).gate_mean[gate].begin() + first);
}

void FlowRecorder::gradient_norm(LayerId id, std::size_t state, std::int64_t step, double norm) {
  gradient_norms(id, state, step, {&norm, 1});
}

void FlowRecorder::gradient_norms(LayerId id, std::size_t state, std::int64_t first,
                                  std::span<const double> norms) {
  const std::lock_guard lock(mutex_);
  auto& curve = layer(id).gradient_log10[state];
  for (std::int64_t step = first; const double norm : norms) {
    const bool finite = std::isfinite(norm);
    curve[static_cast<std::size_t>(step)] = finite ? std::log10(norm) : unmeasured;
    if (!finite && (!record_.last_bad_gradient || *record_.last_bad_gradient < step)) {
      record_.last_bad_gradient = step;
      record_.last_bad_layer = id;
    }
    ++step;
  }
}

void FlowRecorder::last_loss_done() {
  const std::lock_guard lock(mutex_);
  for (auto& layer : record_.layers) layer.last_loss_log10 = std::exchange(layer.gradient_log10, {});
}

FlowRecord FlowRecorder::take() {
  const std::lock_guard lock(mutex_);
  steps_ = 0;
  return std::exchange(record_, {});
}

}  // namespace carousel
