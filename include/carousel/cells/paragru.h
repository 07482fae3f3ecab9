// The GRU of ParaRNN: every unit reads its own state alone.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// ParaGRU (Danieli, Rodriguez, Sarabia, Suau & Zappella 2025, "ParaRNN: Unlocking Parallel Training of Nonlinear
/// RNNs for Large Language Models").
///
///   r, z = sigmoid(W_ih x + b_ih + a h + b_hh)    n = tanh(W_in x + b_in + r (a_n h + b_hn))
///   h' = h + z (n - h) = (1 - z) h + z n          the a are diagonals: weight_hh, [3 H]
///
/// In the paper r acts on the state, before a_n, which on a diagonal is the same as after; with another recurrence the
/// order above counts. Its candidate has one bias, b_in; b_hn, inside r as torch's GRU has it, is one more. z is the
/// paper's: at z = 0 the state is kept, so there is nothing for a forget bias or chrono initialisation to act on.
struct ParaGruCell {
  static constexpr const char* name = "paragru";
  static constexpr std::array gates{"reset", "update", "new"};
  static constexpr std::array states{"h"};
  static constexpr bool separate_projections = true;
  static constexpr Recurrence recurrence{Recurrence::Form::diagonal};

  template <class V>
  static constexpr auto step(const Gates<V, 3>& input, const Gates<V, 3>& recurrent,
                             const States<V, 1>& previous) {
    const V r = sigmoid(input[0] + recurrent[0]), z = sigmoid(input[1] + recurrent[1]);
    const V n = tanh(input[2] + r * recurrent[2]);
    return Stepped{States<V, 1>{previous[0] + z * (n - previous[0])}, Gates<V, 3>{r, z, n}};
  }
};

}  // namespace carousel
