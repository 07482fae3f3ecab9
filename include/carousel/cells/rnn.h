// The simple recurrent network (Elman 1990), with tanh or with a rectifier.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// h' = tanh(W_ih x + b_ih + W_hh h + b_hh). Its gradient is multiplied by W_hh^T diag(1 - h'^2) at every step back.
struct RnnCell {
  static constexpr const char* name = "rnn";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};

  template <class V> static constexpr auto step(const Gates<V, 1>& pre, const States<V, 1>&) {
    const V h = tanh(pre[0]);
    return Stepped{States<V, 1>{h}, Gates<V, 1>{h}};
  }
};

/// h' = max(0, W_ih x + b_ih + W_hh h + b_hh). The same step with an identity recurrent matrix at the start
/// is IrnnCell.
struct ReluRnnCell {
  static constexpr const char* name = "relu-rnn";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};

  template <class V> static constexpr auto step(const Gates<V, 1>& pre, const States<V, 1>&) {
    const V h = relu(pre[0]);
    return Stepped{States<V, 1>{h}, Gates<V, 1>{h}};
  }
};

}  // namespace carousel
