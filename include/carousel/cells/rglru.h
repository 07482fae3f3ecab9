// The real-gated linear recurrent unit of Griffin.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// RG-LRU (De et al. 2024, "Griffin: Mixing Gated Linear Recurrences with Local Attention for Efficient Language
/// Models"); ~ marks W_ih x + b_ih, L is weight_a, a vector of H weights.
///
///   r, i = sigmoid(r~), sigmoid(i~)    a = exp(-8 softplus(L) r)    h' = a h + sqrt(1 - a^2) (i x~)
///
/// The paper's x has the layer's size H; here x~ is a third projection. L is drawn so that a lies in the paper's
/// 0.9 ... 0.999 at r = 1. No gate is 1 when the memory is kept: that is r = 0.
///
/// With s = 8 softplus(L) r and u = tanh(s / 2), a is (1 - u) / (1 + u) and sqrt(1 - a^2) is 2 sqrt(u) / (1 + u):
/// exact to a few units of the last digit however near a is to 1, where 1 - a * a loses all of s below 6e-8 in float.
/// Under the root 1e-18 is added, so that its slope is finite where r underflows to 0.
struct RgLruCell {
  static constexpr const char* name = "rglru";
  static constexpr std::array gates{"recurrence", "input", "new"};
  static constexpr std::array states{"h"};
  static constexpr std::array vectors{"weight_a"};
  static constexpr std::array vector_starts{StartRange{-9.0, -4.33}};
  static constexpr Recurrence recurrence{Recurrence::Form::none};

  template <class V>
  static constexpr auto step(const Gates<V, 3>& pre, const States<V, 1>& previous,
                             const Vectors<V, 1>& learned) {
    const V r = sigmoid(pre[0]), i = sigmoid(pre[1]);
    const V u = tanh(4.0 * softplus(learned[0]) * r);
    const V scale = 1.0 / (1.0 + u);
    const V h = scale * ((1.0 - u) * previous[0] + 2.0 * sqrt(u + 1e-18) * (i * pre[2]));
    return Stepped{States<V, 1>{h}, Gates<V, 3>{r, i, pre[2]}};
  }
};

}  // namespace carousel
