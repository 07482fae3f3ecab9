// An LSTM whose gates see the cell state: the example of learned per-unit vectors.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// LSTM with peephole connections (Gers, Schraudolph & Schmidhuber 2002, "Learning Precise Timing with LSTM
/// Recurrent Networks"). The peepholes are diagonal: a vector of H weights a gate.
///
///   i = sigmoid(. + p_i c)    f = sigmoid(. + p_f c)    g = tanh(.)    c' = f c + i g
///   o = sigmoid(. + p_o c')   h' = o tanh(c')
struct PeepholeLstmCell {
  static constexpr const char* name = "peephole-lstm";
  static constexpr std::array gates{"input", "forget", "cell", "output"};
  static constexpr std::array states{"h", "c"};
  static constexpr std::array vectors{"weight_ci", "weight_cf", "weight_co"};
  static constexpr const char* keep_gate = "forget";
  static constexpr const char* write_gate = "input";

  template <class V>
  static constexpr auto step(const Gates<V, 4>& pre, const States<V, 2>& previous,
                             const Vectors<V, 3>& peephole) {
    const V& memory = previous[1];
    const V i = sigmoid(pre[0] + peephole[0] * memory), f = sigmoid(pre[1] + peephole[1] * memory);
    const V g = tanh(pre[2]);
    const V c = f * memory + i * g;
    const V o = sigmoid(pre[3] + peephole[2] * c);
    return Stepped{States<V, 2>{o * tanh(c), c}, Gates<V, 4>{i, f, g, o}};
  }
};

}  // namespace carousel
