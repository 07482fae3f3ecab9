#include "carousel/flow/record.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include <nlohmann/json.hpp>

namespace carousel {

namespace {

nlohmann::json decimal(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::round(value * 1e6) / 1e6;
}

nlohmann::json decimals(const std::vector<double>& values) {
  auto list = nlohmann::json::array();
  for (const double value : values) list.push_back(decimal(value));
  return list;
}

nlohmann::json shares(const std::vector<Saturation>& saturation) {
  auto low = nlohmann::json::array(), high = nlohmann::json::array();
  for (const Saturation share : saturation)
    low.push_back(decimal(share.low)), high.push_back(decimal(share.high));
  return {{"low", low}, {"high", high}};
}

/// The first state that carries an error back by a step: h, unless no step reads it, as of a cell without a recurrent
/// product that remembers in c. Its gradient is then 0 at once, where one that vanishes fades.
std::size_t carrier(const std::vector<std::vector<double>>& curves, std::size_t first) {
  for (std::size_t s = 0; s < curves.size(); ++s) {
    const auto& curve = curves[s];
    if (curve.size() >= first + 2 && curve[curve.size() - 2] != -INFINITY) return s;
  }
  return 0;
}

}  // namespace

double memory_steps(double keep_gate) {
  return keep_gate < 1.0 ? -1.0 / std::log(keep_gate) : INFINITY;
}

void FlowRecord::describe(const CellFacts& cell) {
  states.assign(cell.states.begin(), cell.states.end());
  gates.assign(cell.gates.begin(), cell.gates.end());
  activations.assign(cell.activations.begin(), cell.activations.end());
  keep_gate = cell.keep_gate;
}

std::int64_t FlowRecord::first_reached() const {
  const auto whole = std::find(resets.rbegin(), resets.rend(), 1.0);
  return std::max(last_segment, static_cast<std::int64_t>(resets.rend() - whole) - 1);
}

std::optional<Reach> FlowRecord::reach() const {
  if (losses_mixed) return {};
  const auto last_layer = std::max_element(layers.begin(), layers.end(), [](const auto& a, const auto& b) {
    return a.id.layer < b.id.layer || (a.id.layer == b.id.layer && a.id.reverse && !b.id.reverse);
  });
  if (last_layer == layers.end() || last_layer->gradient_log10.empty()) return {};
  const auto& curves =
      last_layer->last_loss_log10.empty() ? last_layer->gradient_log10 : last_layer->last_loss_log10;
  const auto first = static_cast<std::size_t>(first_reached());
  const std::size_t state = carrier(curves, first);
  const std::span h = std::span(curves[state]).subspan(first);
  if (h.empty() || !std::isfinite(h.back())) return {};
  Reach reach{.steps = static_cast<std::int64_t>(h.size()) - 1, .log10_ratio = h.front() - h.back()};
  if (state < states.size()) reach.state = states[state];
  reach.underflowed = std::any_of(h.begin(), h.end(), [](double v) { return v == -INFINITY; });
  return reach;
}

std::vector<std::string> FlowRecord::bad_gates(LayerId id, std::int64_t step) const {
  std::vector<std::string> bad;
  const auto found = std::ranges::find(layers, id, &LayerFlow::id);
  if (found == layers.end()) return bad;
  for (std::size_t g = 0; g < gates.size(); ++g) {
    const auto& means = found->gate_mean[g];
    const auto at = static_cast<std::size_t>(step);
    if (at < means.size() && !std::isfinite(means[at])) bad.push_back(gates[g]);
  }
  return bad;
}

std::optional<double> FlowRecord::keep_gate_mean() const {
  if (keep_gate < 0 || layers.empty()) return {};
  double sum = 0.0;
  std::size_t count = 0;
  for (const auto& layer : layers) {
    const auto& means = layer.gate_mean[static_cast<std::size_t>(keep_gate)];
    sum = std::accumulate(means.begin(), means.end(), sum);
    count += means.size();
  }
  if (count == 0) return {};
  return sum / static_cast<double>(count);
}

std::vector<std::optional<Saturation>> FlowRecord::saturation() const {
  std::vector<std::optional<Saturation>> shares(gates.size());
  for (std::size_t g = 0; g < gates.size(); ++g) {
    Saturation sum;
    double count = 0.0;
    for (const auto& layer : layers) {
      for (const auto& [low, high] : layer.saturation[g]) {
        if (!std::isnan(low)) sum.low += low, sum.high += high, count += 1.0;
      }
    }
    if (count > 0.0) shares[g] = Saturation{.low = sum.low / count, .high = sum.high / count};
  }
  return shares;
}

std::optional<double> FlowRecord::update_ratio() const {
  double update = 0.0, weight = 0.0;
  for (const auto& p : parameters) {
    update += p.update_norm * p.update_norm;
    weight += p.weight_norm * p.weight_norm;
  }
  if (weight == 0.0) return {};
  return std::sqrt(update / weight);
}

nlohmann::json FlowRecord::to_json() const {
  nlohmann::json line{{"update", update},
                      {"layers", nlohmann::json::array()},
                      {"parameters", nlohmann::json::object()},
                      {"update_ratios", nlohmann::json::object()}};
  if (!resets.empty()) line["resets"] = decimals(resets);
  for (const auto& layer : layers) {
    nlohmann::json entry{{"layer", layer.id.layer}, {"direction", layer.id.reverse ? "reverse" : "forward"}};
    for (std::size_t s = 0; s < states.size(); ++s)
      entry["log10_d" + states[s]] = decimals(layer.gradient_log10[s]);
    for (std::size_t s = 0; s < layer.last_loss_log10.size(); ++s)
      entry["log10_d" + states[s] + "_last_loss"] = decimals(layer.last_loss_log10[s]);
    for (std::size_t g = 0; g < gates.size(); ++g) {
      entry["gates"][gates[g]] = decimals(layer.gate_mean[g]);
      if (!layer.saturation[g].empty()) entry["saturation"][gates[g]] = shares(layer.saturation[g]);
    }
    line["layers"].push_back(std::move(entry));
  }
  for (const auto& p : parameters) {
    line["parameters"][p.name] = decimal(std::log10(p.gradient_norm));
    if (p.weight_norm > 0.0) line["update_ratios"][p.name] = decimal(std::log10(p.update_ratio()));
  }
  return line;
}

}  // namespace carousel
