// The simple recurrent unit, whose only recurrence is each unit's own.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// SRU (Lei, Zhang, Wang, Dai & Artzi 2018, "Simple Recurrent Units for Highly Parallelizable Recurrence"); ~ marks
/// W_ih x + b_ih.
///
///   f = sigmoid(f~ + v_f c)    r = sigmoid(r~ + v_r c)    c' = f c + (1 - f) x~    h' = r c' + (1 - r) y~
///
/// v_f and v_r are vectors of H weights. The paper's highway y~ is the input itself, or a projection of it where the
/// input has not H entries: here it is always the projection, the fourth gate. The paper gives a bias to f and r
/// alone, here x~ and y~ have one too. The blocks of the weights are in the order of the authors' code.
struct SruCell {
  static constexpr const char* name = "sru";
  static constexpr std::array gates{"cell", "forget", "reset", "highway"};
  static constexpr std::array states{"h", "c"};
  static constexpr std::array vectors{"weight_cf", "weight_cr"};
  static constexpr Recurrence recurrence{Recurrence::Form::none};
  static constexpr const char* keep_gate = "forget";

  template <class V>
  static constexpr auto step(const Gates<V, 4>& pre, const States<V, 2>& previous,
                             const Vectors<V, 2>& learned) {
    const V& memory = previous[1];
    const V f = sigmoid(pre[1] + learned[0] * memory), r = sigmoid(pre[2] + learned[1] * memory);
    const V c = pre[0] + f * (memory - pre[0]);
    return Stepped{States<V, 2>{pre[3] + r * (c - pre[3]), c}, Gates<V, 4>{pre[0], f, r, pre[3]}};
  }
};

}  // namespace carousel
