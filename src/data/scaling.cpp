#include "carousel/data/scaling.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"
#include "carousel/text.h"

namespace carousel {
namespace {

/// The mean; a second pass takes away what rounding left in the first.
double mean_of(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double sum = 0, rest = 0;
  for (const double value : values) sum += value;
  for (const double value : values) rest += value - sum / count;
  return sum / count + rest / count;
}

double deviation_of(const std::vector<double>& values, double mean) {
  double widest = 0, squares = 0;
  for (const double value : values) widest = std::max(widest, std::abs(value - mean));
  if (widest == 0 || !std::isfinite(widest)) return widest;
  const int exponent = std::ilogb(widest);  // squares of what is far from 1 leave a double's range
  for (const double value : values) {
    const double distance = std::scalbn(value - mean, -exponent);
    squares += distance * distance;
  }
  return std::scalbn(std::sqrt(squares / static_cast<double>(values.size())), exponent);
}

/// Between the two ranks next to `share` (n - 1), in proportion. Reorders the values.
double quantile_of(std::vector<double>& values, double share) {
  const double rank = share * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::ranges::nth_element(values, below);
  if (below + 1 == values.end()) return *below;
  return std::lerp(*below, *std::min_element(below + 1, values.end()), rank - std::floor(rank));
}

/// What of a column is there, transformed.
std::vector<double> present_values(std::span<const double> values, bool log1p, const std::string& what) {
  std::vector<double> present;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    if (!std::isfinite(value))
      throw Error(fmt::format("{} holds {}, but only finite numbers can be scaled", what, value));
    if (log1p && value <= -1) {
      throw Error(fmt::format("{} holds {}, but ln(1 + x) needs numbers above -1; leave log1p away from it",
                              what, value));
    }
    present.push_back(log1p ? std::log1p(value) : value);
  }
  if (present.empty()) throw Error(fmt::format("{} holds no value to scale by; all are missing", what));
  return present;
}

std::pair<double, double> offset_and_width(ScalingKind kind, std::vector<double>& values) {
  switch (kind) {
    case ScalingKind::standard: {
      const double mean = mean_of(values);
      return {mean, deviation_of(values, mean)};
    }
    case ScalingKind::minmax: {
      const auto [least, most] = std::ranges::minmax(values);
      return {least, most - least};
    }
    case ScalingKind::robust: {
      const double middle = quantile_of(values, 0.5);
      return {middle, quantile_of(values, 0.75) - quantile_of(values, 0.25)};
    }
    case ScalingKind::none:
      break;
  }
  return {0.0, 1.0};
}

}  // namespace

const std::vector<std::string>& scaling_names() {
  static const std::vector<std::string> names{"standard", "minmax", "robust", "none"};
  return names;
}

ScalingKind parse_scaling(const std::string& name) {
  const auto found = std::ranges::find(scaling_names(), name);
  if (found == scaling_names().end()) throw Error(did_you_mean("scaling", name, scaling_names()));
  return static_cast<ScalingKind>(found - scaling_names().begin());
}

Scaling::Scaling(double offset, double width, bool log1p) : offset_(offset), width_(width), log1p_(log1p) {
  if (!std::isfinite(offset) || !std::isfinite(width) || !(width > 0)) {
    throw Error(fmt::format(
        "a scaling has the offset {} and the width {}, but both must be finite and the width above 0", offset,
        width));
  }
}

Scaling Scaling::fit(ScalingKind kind, std::span<const double> values, bool log1p, const std::string& what) {
  auto present = present_values(values, log1p, what);
  const auto [least, most] = std::ranges::minmax(present);
  const auto [offset, width] = offset_and_width(kind, present);
  if (!std::isfinite(offset) || !std::isfinite(width)) {
    throw Error(
        fmt::format("{} reaches from {} to {}, which is too much for a double to scale", what, least, most));
  }
  const double rounding = 1e-13 * std::max(std::abs(least), std::abs(most));
  return Scaling(offset, width > rounding ? width : 1.0, log1p);
}

double Scaling::scale(double value) const {
  if (log1p_ && value <= -1) {
    throw Error(fmt::format(
        "{} cannot be scaled by ln(1 + x), which needs numbers above -1; leave log1p away from its column",
        value));
  }
  return ((log1p_ ? std::log1p(value) : value) - offset_) / width_;
}

double Scaling::unscale(double scaled) const {
  const double transformed = scaled * width_ + offset_;
  return log1p_ ? std::expm1(transformed) : transformed;
}

nlohmann::json Scaling::to_json() const {
  return {{"offset", offset_}, {"width", width_}, {"log1p", log1p_}};
}

Scaling Scaling::from_json(const nlohmann::json& json) try {
  return Scaling(json.at("offset").get<double>(), json.at("width").get<double>(),
                 json.at("log1p").get<bool>());
} catch (const nlohmann::json::exception& error) {
  throw Error(fmt::format("a scaling cannot be read ({})", error.what()));
}

}  // namespace carousel
