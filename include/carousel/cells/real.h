// One real number as a cell's step sees it: the reading of `step` that can be checked with pencil and paper.
//
// A class of its own rather than `double`, so that sigmoid(x) in a cell outside this namespace is found by
// argument-dependent look-up, as it is for tensors.
#pragma once

#include <cmath>
#include <concepts>

namespace carousel {

struct Real {
  double value = 0.0;

  constexpr Real() = default;
  constexpr Real(double v) : value(v) {}  // NOLINT: a constant in a step becomes a number by itself

  friend constexpr Real operator-(Real a) { return -a.value; }
  friend constexpr Real operator+(Real a, Real b) { return a.value + b.value; }
  friend constexpr Real operator-(Real a, Real b) { return a.value - b.value; }
  friend constexpr Real operator*(Real a, Real b) { return a.value * b.value; }
  friend constexpr Real operator/(Real a, Real b) { return a.value / b.value; }
};

inline Real sigmoid(Real x) {
  return 1.0 / (1.0 + std::exp(-x.value));
}
inline Real tanh(Real x) {
  return std::tanh(x.value);
}
inline Real relu(Real x) {
  return x.value <= 0.0 ? 0.0 : x.value;  // NaN stays NaN, as of torch::relu
}
inline Real exp(Real x) {
  return std::exp(x.value);
}
inline Real log(Real x) {
  return std::log(x.value);
}
inline Real sqrt(Real x) {
  return std::sqrt(x.value);
}
inline Real abs(Real x) {
  return std::abs(x.value);
}
inline Real square(Real x) {
  return x.value * x.value;
}

/// log(1 + exp(x)), x itself above 20, as torch has it.
inline Real softplus(Real x) {
  return x.value > 20.0 ? x.value : std::log1p(std::exp(x.value));
}

/// The smaller and the larger of two. A NaN among them is the result, as of torch::minimum and maximum.
inline Real min(Real a, Real b) {
  return std::isnan(a.value) || a.value < b.value ? a : b;
}
inline Real max(Real a, Real b) {
  return std::isnan(a.value) || a.value > b.value ? a : b;
}

}  // namespace carousel
