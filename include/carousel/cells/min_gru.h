// The gated recurrent unit whose gates do not look at the state.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// minGRU (Feng, Tung, Ahmed, Bengio & Hajimirsadegh 2024, "Were RNNs All We Needed?"), the form whose states are
/// positive, as it is trained by a parallel scan in log space.
///
///   z = sigmoid(W_iz x + b_iz)    n = g(W_in x + b_in)    h' = h + z (n - h) = (1 - z) h + z n
///   g(x) = x + 0.5 for x >= 0, sigmoid(x) below: above 0 everywhere, without a jump
///
/// The first state is 0, where the paper's code begins at g(0) = 0.5. z is the paper's: at z = 0 the state is kept.
/// No gate is 1 when the memory is kept, so there is nothing for a forget bias or chrono initialisation to act on.
struct MinGruCell {
  static constexpr const char* name = "mingru";
  static constexpr std::array gates{"update", "new"};
  static constexpr std::array states{"h"};
  static constexpr Recurrence recurrence{Recurrence::Form::none};

  template <class V> static constexpr auto step(const Gates<V, 2>& pre, const States<V, 1>& previous) {
    const V z = sigmoid(pre[0]), n = positive(pre[1]);
    return Stepped{States<V, 1>{previous[0] + z * (n - previous[0])}, Gates<V, 2>{z, n}};
  }

  /// g(x), with the slope 1 at 0.
  template <class V> static constexpr V positive(const V& x) {
    const V below = relu(-x);  // one of x + below and -below is 0
    return x + below + sigmoid(-below);
  }
};

}  // namespace carousel
