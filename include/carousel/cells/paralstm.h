// The LSTM of ParaRNN: every unit reads its own state and memory alone.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// ParaLSTM (Danieli et al. 2025, "ParaRNN: Unlocking Parallel Training of Nonlinear RNNs for Large Language
/// Models"): input and forget gate are coupled, the gates see the memory.
///
///   f = sigmoid(. + p_f c)    g = tanh(.)    c' = f c + (1 - f) g    o = sigmoid(. + p_o c')    h' = o tanh(c')
///
/// . is W_ih x + b_ih + a h + b_hh with a diagonal a, weight_hh [3 H]; p_f and p_o are vectors of H weights.
struct ParaLstmCell {
  static constexpr const char* name = "paralstm";
  static constexpr std::array gates{"forget", "cell", "output"};
  static constexpr std::array states{"h", "c"};
  static constexpr std::array vectors{"weight_cf", "weight_co"};
  static constexpr Recurrence recurrence{Recurrence::Form::diagonal};
  static constexpr const char* keep_gate = "forget";

  template <class V>
  static constexpr auto step(const Gates<V, 3>& pre, const States<V, 2>& previous,
                             const Vectors<V, 2>& peephole) {
    const V f = sigmoid(pre[0] + peephole[0] * previous[1]), g = tanh(pre[1]);
    const V c = g + f * (previous[1] - g);
    const V o = sigmoid(pre[2] + peephole[1] * c);
    return Stepped{States<V, 2>{o * tanh(c), c}, Gates<V, 3>{f, g, o}};
  }
};

}  // namespace carousel
