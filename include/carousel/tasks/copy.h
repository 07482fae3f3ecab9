// Copy memory: ten symbols are shown, then a long silence, then they are to be repeated in order.
//
//   input   [T, B] tokens, T = delay + 20: ten of 8 symbols, delay - 1 blanks, a delimiter, ten blanks
//   output  [T, B, 10]     a class at every step: blank, and at the last ten steps the ten symbols
//   loss    cross entropy in nats, the mean over all T steps, which is the metric too; without memory the best
//           is exactly 10 ln 8 / (delay + 20)
//
// Arjovsky, Shah & Bengio, "Unitary Evolution Recurrent Neural Networks", 2016, after Hochreiter &
// Schmidhuber 1997.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec copy_task();

}  // namespace carousel
