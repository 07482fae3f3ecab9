// The LSTM whose gates do not look at the state.
#pragma once

#include "carousel/cells/min_gru.h"

namespace carousel {

/// minLSTM (Feng et al. 2024, "Were RNNs All We Needed?"), the form whose states are positive; ~ marks W_ih x + b_ih.
///
///   f, i = sigmoid(f~), sigmoid(i~)    f' = f / (f + i)    i' = i / (f + i) = 1 - f'
///   n = g(n~), minGRU's                h' = f' h + i' n
///
/// f' is computed as sigmoid(log f - log i): where both gates are shut f + i is 0 in float, and the quotient 0 / 0.
/// Recorded are f', i' and n. A forget bias b makes f' = 1 / (1 + sigmoid(i~) (1 + exp(-b))), which nears
/// 1 / (1 + sigmoid(i~)) and not 1; chrono initialisation, which sets i~ to the opposite, makes f' = sigmoid(b).
struct MinLstmCell {
  static constexpr const char* name = "minlstm";
  static constexpr std::array gates{"forget", "input", "hidden"};
  static constexpr std::array states{"h"};
  static constexpr Recurrence recurrence{Recurrence::Form::none};
  static constexpr const char* keep_gate = "forget";
  static constexpr const char* write_gate = "input";

  template <class V> static constexpr auto step(const Gates<V, 3>& pre, const States<V, 1>& previous) {
    const V f = sigmoid(softplus(-pre[1]) - softplus(-pre[0]));  // log sigmoid(x) = -softplus(-x)
    const V n = MinGruCell::positive(pre[2]);
    return Stepped{States<V, 1>{n + f * (previous[0] - n)}, Gates<V, 3>{f, 1.0 - f, n}};
  }
};

}  // namespace carousel
