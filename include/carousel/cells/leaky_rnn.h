// The Elman network whose units move towards their new value instead of jumping to it.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// Leaky integrator units (Mozer 1992, "Induction of Multiscale Temporal Structure"; Jaeger, Lukosevicius,
/// Popovici & Siewert 2007) with a learned rate for each unit.
///
///   n = tanh(W_ih x + b_ih + W_hh h + b_hh)    h' = h + s(a) (n - h)    s = sigmoid, a: a vector of H weights
///
/// A unit of rate s forgets by 1 - s a step: its time constant is about 1/s steps, and so is its gradient's.
struct LeakyRnnCell {
  static constexpr const char* name = "leaky-rnn";
  static constexpr std::array gates{"new"};
  static constexpr std::array states{"h"};
  static constexpr std::array vectors{"weight_rate"};

  template <class V>
  static constexpr auto step(const Gates<V, 1>& pre, const States<V, 1>& previous,
                             const Vectors<V, 1>& learned) {
    const V n = tanh(pre[0]);
    return Stepped{States<V, 1>{previous[0] + sigmoid(learned[0]) * (n - previous[0])}, Gates<V, 1>{n}};
  }
};

}  // namespace carousel
