// The rectifier network whose units read no state but their own.
#pragma once

#include "carousel/cells/cell.h"

namespace carousel {

/// IndRNN (Li, Li, Cook, Zhu & Gao 2018, "Independently Recurrent Neural Network (IndRNN): Building A Longer and
/// Deeper RNN").
///
///   h' = max(0, W_ih x + b_ih + u h + b_hh)      with u = 1 and b = 0 at the start;  u is weight_hh, [H]
///
/// The gradient of an active unit is multiplied by its own u a step, so that |u| <= 2^(1/T) bounds it by 2 over T
/// steps. The paper draws u from U(0, 2^(1/T)), or near its upper end where memories are to be long; the start here
/// is that end, as of many steps: every unit adds up what comes in. --init-recurrent normal or radius draw u otherwise.
struct IndRnnCell {
  static constexpr const char* name = "indrnn";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};
  static constexpr Recurrence recurrence{Recurrence::Form::diagonal};
  static constexpr bool identity_start = true;

  template <class V> static constexpr auto step(const Gates<V, 1>& pre, const States<V, 1>&) {
    const V h = relu(pre[0]);
    return Stepped{States<V, 1>{h}, Gates<V, 1>{h}};
  }
};

}  // namespace carousel
