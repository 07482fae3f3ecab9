// The gated recurrent unit in torch's form.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// Gated recurrent unit (Cho et al. 2014), in the form of torch and cuDNN, where the reset gate acts on the
/// recurrent projection and not on the state.
///
///   r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh)    n = tanh(W_in x + b_in + r (W_hn h + b_hn))
///   h' = n + z (h - n) = (1 - z) n + z h
///
/// z is the gate that keeps the memory: at z = 1 the state, and its gradient, pass unchanged.
struct GruCell {
  static constexpr const char* name = "gru";
  static constexpr std::array gates{"reset", "update", "new"};
  static constexpr std::array states{"h"};
  static constexpr bool separate_projections = true;
  static constexpr const char* keep_gate = "update";

  template <class V>
  static constexpr auto step(const Gates<V, 3>& input, const Gates<V, 3>& recurrent,
                             const States<V, 1>& previous) {
    const V r = sigmoid(input[0] + recurrent[0]), z = sigmoid(input[1] + recurrent[1]);
    const V n = tanh(input[2] + r * recurrent[2]);
    return Stepped{States<V, 1>{n + z * (previous[0] - n)}, Gates<V, 3>{r, z, n}};
  }
};

}  // namespace carousel
