// A number with its partial derivatives: the reading of a cell's `step` that gives one-step Jacobians.
//
// Forward accumulation: every operation carries the value and, for N chosen directions, its derivative. At
// kinks the derivative is torch's and the fused engine's: relu and abs have slope 0 at 0, min and max share
// equally between equal arguments. At NaN relu, and min and max in both arguments, have slope 1. This header
// needs no tensor.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "carousel/cells/real.h"

namespace carousel {

template <std::size_t N> struct Dual {
  double value = 0.0;
  std::array<double, N> partial{};  ///< d value / d direction n

  constexpr Dual() = default;
  constexpr Dual(double v) : value(v) {}  // NOLINT: a constant in a step becomes a number by itself

  /// The variable that direction n moves.
  static constexpr Dual variable(double v, std::size_t n) {
    Dual x(v);
    x.partial[n] = 1.0;
    return x;
  }

  friend constexpr Dual operator-(const Dual& a) { return chain(-a.value, a, -1.0); }
  friend constexpr Dual operator+(const Dual& a, const Dual& b) {
    return chain(a.value + b.value, a, 1.0, b, 1.0);
  }
  friend constexpr Dual operator-(const Dual& a, const Dual& b) {
    return chain(a.value - b.value, a, 1.0, b, -1.0);
  }
  friend constexpr Dual operator*(const Dual& a, const Dual& b) {
    return chain(a.value * b.value, a, b.value, b, a.value);
  }
  friend constexpr Dual operator/(const Dual& a, const Dual& b) {
    const double quotient = a.value / b.value;
    return chain(quotient, a, 1.0 / b.value, b, -quotient / b.value);
  }

  friend Dual sigmoid(const Dual& x) {
    const double y = of(sigmoid(Real(x.value)));
    return chain(y, x, y * (1.0 - y));
  }
  friend Dual tanh(const Dual& x) {
    const double y = std::tanh(x.value);
    return chain(y, x, 1.0 - y * y);
  }
  friend Dual relu(const Dual& x) { return chain(of(relu(Real(x.value))), x, x.value <= 0.0 ? 0.0 : 1.0); }
  friend Dual exp(const Dual& x) {
    const double y = std::exp(x.value);
    return chain(y, x, y);
  }
  friend Dual log(const Dual& x) { return chain(std::log(x.value), x, 1.0 / x.value); }
  friend Dual sqrt(const Dual& x) {
    const double y = std::sqrt(x.value);
    return chain(y, x, 0.5 / y);
  }
  friend Dual abs(const Dual& x) {
    return chain(std::abs(x.value), x, share(x.value, -x.value) - share(-x.value, x.value));
  }
  friend Dual square(const Dual& x) { return chain(x.value * x.value, x, 2.0 * x.value); }
  friend Dual softplus(const Dual& x) {
    return chain(of(softplus(Real(x.value))), x, x.value > 20.0 ? 1.0 : of(sigmoid(Real(x.value))));
  }
  friend Dual min(const Dual& a, const Dual& b) {
    return chain(of(min(Real(a.value), Real(b.value))), a, share(b.value, a.value), b,
                 share(a.value, b.value));
  }
  friend Dual max(const Dual& a, const Dual& b) {
    return chain(of(max(Real(a.value), Real(b.value))), a, share(a.value, b.value), b,
                 share(b.value, a.value));
  }

 private:
  static constexpr double of(Real x) { return x.value; }

  /// Slope of max(a, b) in a.
  static constexpr double share(double a, double b) { return a < b ? 0.0 : (a == b ? 0.5 : 1.0); }
  /// A direction that does not enter stays 0, also where the slope is infinite.
  static constexpr double product(double slope, double partial) {
    return partial == 0.0 ? 0.0 : slope * partial;
  }
  static constexpr Dual chain(double value, const Dual& a, double slope) {
    Dual y(value);
    for (std::size_t n = 0; n < N; ++n) y.partial[n] = product(slope, a.partial[n]);
    return y;
  }
  static constexpr Dual chain(double value, const Dual& a, double to_a, const Dual& b, double to_b) {
    Dual y(value);
    for (std::size_t n = 0; n < N; ++n) {
      y.partial[n] = product(to_a, a.partial[n]) + product(to_b, b.partial[n]);
    }
    return y;
  }
};

}  // namespace carousel
