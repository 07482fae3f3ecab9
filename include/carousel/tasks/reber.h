// The embedded Reber grammar: predict the next symbol of a string whose last symbol but one repeats the second.
//
//   input   [T, B] tokens over B T P S X V E; strings have different lengths
//   output  [T, B, 7]      the symbol that follows each step
//   loss    cross entropy in nats against the symbol that did follow, the mean over the steps
//   metric  the share of strings in which at every step all symbols that may follow score above all that may not
//           (Hochreiter & Schmidhuber's criterion); a model that has all of the grammar but forgets the second
//           symbol has exactly 1/2, for at the last symbol but one only T or only P is legal
//
// Hochreiter & Schmidhuber, "Long Short-Term Memory", 1997, experiment 1. 256 strings each are kept for
// validation and test. `inner` Reber strings in a row stand between the two symbols; a longer middle asks for
// a longer memory.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec reber_task();

}  // namespace carousel
