// The gated unit with a single gate.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// Minimal gated unit (Zhou, Wu, Zhang & Zhou 2016, "Minimal Gated Unit for Recurrent Neural Networks"), in
/// its elementwise form: the gate acts on the recurrent projection, as torch's GRU has it, and not on the state.
///
///   f = sigmoid(W_ih x + b_ih + W_hh h + b_hh)    n = tanh(W_in x + b_in + f (W_hn h + b_hn))
///   h' = h + f (n - h) = (1 - f) h + f n
///
/// The paper calls f the forget gate: at f = 1 the state is replaced, at f = 0 kept. No gate is 1 when the
/// memory is kept, so there is nothing for a forget bias or chrono initialisation to act on.
struct MguCell {
  static constexpr const char* name = "mgu";
  static constexpr std::array gates{"forget", "new"};
  static constexpr std::array states{"h"};
  static constexpr bool separate_projections = true;

  template <class V>
  static constexpr auto step(const Gates<V, 2>& input, const Gates<V, 2>& recurrent,
                             const States<V, 1>& previous) {
    const V f = sigmoid(input[0] + recurrent[0]);
    const V n = tanh(input[1] + f * recurrent[1]);
    return Stepped{States<V, 1>{previous[0] + f * (n - previous[0])}, Gates<V, 2>{f, n}};
  }
};

}  // namespace carousel
