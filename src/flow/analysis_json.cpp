#include <cmath>

#include <nlohmann/json.hpp>

#include "carousel/flow/analysis.h"

namespace carousel {

using nlohmann::json;

namespace {

constexpr double quantiles[] = {0.1, 0.5, 0.9};

/// To 9 significant digits.
json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0.0) return 0.0;
  const double unit = std::pow(10.0, 8.0 - std::floor(std::log10(std::abs(value))));
  return std::isfinite(unit) && unit > 0.0 ? std::round(value * unit) / unit : value;
}

json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

json named(LayerId id) {
  return {{"layer", id.layer}, {"direction", id.reverse ? "reverse" : "forward"}};
}

/// {"h": [...], "c": [...]}
json by_name(const std::vector<std::string>& names, const std::vector<std::vector<double>>& curves) {
  json object = json::object();
  for (std::size_t i = 0; i < curves.size(); ++i) object[names[i]] = numbers(curves[i]);
  return object;
}

json curves_json(const Analysis& analysis) {
  json list = json::array();
  for (const auto& layer : analysis.curves.layers) {
    const bool single = layer.last_loss_log10.empty();
    json entry = named(layer.id);
    entry["last_loss"] = by_name(analysis.states, single ? layer.gradient_log10 : layer.last_loss_log10);
    entry["every_step"] = single ? json(nullptr) : by_name(analysis.states, layer.gradient_log10);
    entry["gates"] = by_name(analysis.gates, layer.gate_mean);
    list.push_back(std::move(entry));
  }
  return list;
}

json blocks_json(const std::vector<BlockSpectrum>& blocks) {
  json list = json::array();
  for (const auto& block : blocks) {
    json entry = named(block.id);
    entry["gate"] = block.gate;
    entry["eigenvalues"] = json::array();
    for (const auto& value : block.eigenvalues) {
      entry["eigenvalues"].push_back({number(value.real()), number(value.imag())});
    }
    entry["spectral_radius"] = number(block.radius);
    entry["sigma_max"] = number(block.sigma_max);
    list.push_back(std::move(entry));
  }
  return list;
}

/// One entry a layer and direction, filled in by `fill`.
template <class Figure, class Fill> json of_layers(const std::vector<OfLayer<Figure>>& figures, Fill fill) {
  json list = json::array();
  for (const auto& [id, figure] : figures) {
    json entry = named(id);
    fill(entry, figure);
    list.push_back(std::move(entry));
  }
  return list;
}

json truncation_json(const std::vector<TruncationBias>& biases) {
  json list = json::array();
  for (const auto& bias : biases) {
    list.push_back({{"steps", bias.steps},
                    {"cosine", number(bias.cosine)},
                    {"angle_degrees", number(bias.angle_degrees)},
                    {"norm_ratio", number(bias.norm_ratio)}});
  }
  return list;
}

}  // namespace

json Analysis::to_json() const {
  return {{"curves", curves_json(*this)},
          {"blocks", blocks_json(blocks)},
          {"jacobians", of_layers(jacobians,
                                  [](json& entry, const JacobianSpectrum& spectrum) {
                                    entry["steps"] = spectrum.steps;
                                    entry["log10_singular_values"] = numbers(spectrum.log10_singular_values);
                                    entry["resolved"] = spectrum.resolved;
                                  })},
          {"lyapunov", of_layers(lyapunov,
                                 [](json& entry, const LyapunovSpectrum& spectrum) {
                                   entry["steps"] = spectrum.steps;
                                   entry["exponents"] = numbers(spectrum.exponents);
                                 })},
          {"lags", of_layers(lags,
                             [](json& entry, const LagProfile& profile) {
                               entry["log10_norm"] = numbers(profile.log10_norm);
                               entry["share"] = numbers(profile.share);
                             })},
          {"truncation", truncation_json(truncation)},
          {"memory", of_layers(memory,
                               [](json& entry, const std::vector<double>& times) {
                                 entry["steps"] = json::array();
                                 for (const double share : quantiles) {
                                   entry["steps"].push_back(number(quantile(times, share)));
                                 }
                               })},
          {"notes", notes}};
}

}  // namespace carousel
