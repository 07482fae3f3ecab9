#include "carousel/flow/spikes.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace carousel {

namespace {

constexpr double normal_deviation = 1.4826;  // of one MAD
constexpr double least_deviation = 0.05;

double median_of(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

std::optional<Spike> SpikeDetector::add(double value) {
  if (!std::isfinite(value) || value <= 0.0) return {};
  const double logarithm = std::log(value);
  std::optional<Spike> spike;
  if (quiet_ > 0) {
    --quiet_;
  } else if (window_.size() >= options_.least) {
    std::vector<double> values(window_.begin(), window_.end());
    const double median = median_of(values);
    for (double& v : values) v = std::abs(v - median);
    const double deviation = std::max(normal_deviation * median_of(values), least_deviation);
    const double z = (logarithm - median) / deviation;
    if (z > options_.threshold) {
      spike = Spike{.value = value, .median = std::exp(median), .z = z};
      quiet_ = options_.cool_down;
    }
  }
  window_.push_back(logarithm);
  if (window_.size() > options_.window) window_.pop_front();
  return spike;
}

}  // namespace carousel
