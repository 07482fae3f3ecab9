// Which function a gate's activation comes from, and where that function saturates.
//
// This header needs no tensor.
#pragma once

#include <cstdint>
#include <limits>

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

}  // namespace carousel
