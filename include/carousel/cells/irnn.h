// The rectifier network that starts as an adder.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// IRNN (Le, Jaitly & Hinton 2015, "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units").
///
///   h' = max(0, W_ih x + b_ih + W_hh h + b_hh)      with W_hh = I and b = 0 at the start
///
/// At the start h adds up what comes in, and the gradient of an active unit passes every step unchanged. The
/// start is what makes it an IRNN: a module has it when it is made, and reset_parameters() brings it back.
struct IrnnCell {
  static constexpr const char* name = "irnn";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};
  static constexpr bool identity_start = true;

  template <class V> static constexpr auto step(const Gates<V, 1>& pre, const States<V, 1>&) {
    const V h = relu(pre[0]);
    return Stepped{States<V, 1>{h}, Gates<V, 1>{h}};
  }
};

}  // namespace carousel
