// The LSTM with one gate for keeping and writing.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// LSTM with coupled input and forget gates (Greff, Srivastava, Koutnik, Steunebrink & Schmidhuber 2017,
/// "LSTM: A Search Space Odyssey", variant CIFG): what is forgotten makes room for what is written.
///
///   f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh)    g = tanh(.)    c' = f c + (1 - f) g    h' = o tanh(c')
///
/// The paper learns i and has f = 1 - i; here f is learnt, so that a forget bias means what it does for LSTM.
/// c' lies between c and g, so the cell state never leaves [-1, 1]; three gates, a quarter of the weights less.
struct CifgLstmCell {
  static constexpr const char* name = "cifg-lstm";
  static constexpr std::array gates{"forget", "cell", "output"};
  static constexpr std::array states{"h", "c"};
  static constexpr const char* keep_gate = "forget";

  template <class V> static constexpr auto step(const Gates<V, 3>& pre, const States<V, 2>& previous) {
    const V f = sigmoid(pre[0]), g = tanh(pre[1]), o = sigmoid(pre[2]);
    const V c = g + f * (previous[1] - g);
    return Stepped{States<V, 2>{o * tanh(c), c}, Gates<V, 3>{f, g, o}};
  }
};

}  // namespace carousel
