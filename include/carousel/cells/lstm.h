// Long short-term memory, with torch's gate order.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// Long short-term memory with a forget gate (Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000).
///
///   i, f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh)    g = tanh(.)    c' = f c + i g    h' = o tanh(c')
///
/// The cell state is changed by adding, so along it the gradient is multiplied by f alone: at f = 1 nothing
/// is lost, at f = 0 it is cut off.
struct LstmCell {
  static constexpr const char* name = "lstm";
  static constexpr std::array gates{"input", "forget", "cell", "output"};
  static constexpr std::array states{"h", "c"};
  static constexpr const char* keep_gate = "forget";
  static constexpr const char* write_gate = "input";

  template <class V> static constexpr auto step(const Gates<V, 4>& pre, const States<V, 2>& previous) {
    const V i = sigmoid(pre[0]), f = sigmoid(pre[1]), g = tanh(pre[2]), o = sigmoid(pre[3]);
    const V c = f * previous[1] + i * g;
    return Stepped{States<V, 2>{o * tanh(c), c}, Gates<V, 4>{i, f, g, o}};
  }
};

}  // namespace carousel
