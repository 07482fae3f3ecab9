// The scalar LSTM of xLSTM: exponential gates, and a normaliser that keeps them in bounds.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// sLSTM (Beck et al. 2024, "xLSTM: Extended Long Short-Term Memory", equations 8 to 17), one head, with the
/// forget gate as a sigmoid. ~ marks pre-activations W_ih x + b_ih + W_hh h + b_hh.
///
///   z, o = tanh(z~), sigmoid(o~)    m' = max(log sigmoid(f~) + m, i~)
///   i = exp(i~ - m')    f = exp(log sigmoid(f~) + m - m')
///   c' = f c + i z    n' = f n + i    h' = o c'/n'
///
/// m takes the common factor out of c and n, so that no exponential overflows; h' does not depend on it.
///
/// With n = 0 the memory is empty, and the m that goes with it means nothing: m' must then be i~, as if m
/// were -infinity, or c'/n' could become 0/0. `empty` sees to that without a branch. It is exact, since i or
/// f is always 1: n' >= 1 after the first step and ever after. States of zero are thus a safe start.
struct SlstmCell {
  static constexpr const char* name = "slstm";
  static constexpr std::array gates{"input", "forget", "cell", "output"};
  static constexpr std::array states{"h", "c", "n", "m"};
  static constexpr const char* keep_gate = "forget";

  template <class V> static constexpr auto step(const Gates<V, 4>& pre, const States<V, 4>& previous) {
    const V empty = relu(1.0 - 2.0 * previous[2]);                 // 1 at n = 0, 0 at n >= 1
    const V kept = previous[3] - softplus(-pre[1]) - 1e6 * empty;  // log sigmoid(x) = -softplus(-x)
    const V m = max(kept, pre[0]);
    const V i = exp(pre[0] - m), f = exp(kept - m), z = tanh(pre[2]), o = sigmoid(pre[3]);
    const V c = f * previous[1] + i * z, n = f * previous[2] + i;
    return Stepped{States<V, 4>{o * c / n, c, n, m}, Gates<V, 4>{i, f, z, o}};
  }
};

}  // namespace carousel
