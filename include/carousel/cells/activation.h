// Which function a gate's activation comes from, read off the step, and where that function saturates.
//
// This header needs no tensor.
#pragma once

#include <cstdint>
#include <limits>

#include "carousel/cells/unsupported.h"

namespace carousel {

/// The outermost function of a gate's activation.
enum class Activation : std::uint8_t { other, sigmoid, tanh, relu };

/// Activations at or below `low`, or at or above `high`, are saturated: the function's slope there is below
/// 0.0475 (sigmoid, 0.05 and 0.95), below 0.0591 (tanh, -0.97 and 0.97), or zero (relu: a dead unit).
struct ActivationLimits {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

constexpr ActivationLimits limits_of(Activation activation) {
  switch (activation) {
    case Activation::sigmoid:
      return {.low = 0.05, .high = 0.95};
    case Activation::tanh:
      return {.low = -0.97, .high = 0.97};
    case Activation::relu:
      return {.low = 0.0};
    default:
      return {};
  }
}

/// A step read for nothing but the outermost function of each result.
struct Outermost {
  Activation activation = Activation::other;

  constexpr Outermost() = default;
  constexpr explicit Outermost(Activation a) : activation(a) {}
  constexpr Outermost(double) {}  // NOLINT: a constant in a step

  friend constexpr Outermost operator-(Outermost) { return {}; }
  friend constexpr Outermost operator+(Outermost, Outermost) { return {}; }
  friend constexpr Outermost operator-(Outermost, Outermost) { return {}; }
  friend constexpr Outermost operator*(Outermost, Outermost) { return {}; }
  friend constexpr Outermost operator/(Outermost, Outermost) { return {}; }
  friend constexpr Outermost sigmoid(Outermost) { return Outermost(Activation::sigmoid); }
  friend constexpr Outermost tanh(Outermost) { return Outermost(Activation::tanh); }
  friend constexpr Outermost relu(Outermost) { return Outermost(Activation::relu); }
  friend constexpr Outermost exp(Outermost) { return {}; }
  friend constexpr Outermost log(Outermost) { return {}; }
  friend constexpr Outermost sqrt(Outermost) { return {}; }
  friend constexpr Outermost abs(Outermost) { return {}; }
  friend constexpr Outermost square(Outermost) { return {}; }
  friend constexpr Outermost softplus(Outermost) { return {}; }
  friend constexpr Outermost min(Outermost, Outermost) { return {}; }
  friend constexpr Outermost max(Outermost, Outermost) { return {}; }
};
template <> inline constexpr bool is_reading<Outermost> = true;

}  // namespace carousel
