// Continual Reber: embedded Reber strings one after the other in a stream, and nobody says where one ends.
//
//   input   [T, B] tokens over B T P S X V E, T = --length (100) steps of B streams; segment after segment, --segments (20)
//           of them, a stream goes on where the batch before ended, the state with it; then new streams begin
//   output  [T, B, 7]      the symbol that follows each step
//   loss    cross entropy in nats against the symbol that did follow, the mean over the steps
//   metric  the share of strings, of those that lie whole within a segment, in which at every step all symbols that may
//           follow score above all that may not, the B of the next string after E among them; with all of the
//           grammar but the second symbol forgotten exactly 1/2
//
// With --told the stream says where strings begin: there the state is the start again (Batch::resets), and no gradient
// goes back across. Without it the network must reset itself: states that only add up grow from string to string. It is what forget gates were made
// for: Gers, Schmidhuber & Cummins, "Learning to Forget: Continual Prediction with LSTM", 2000. Validation and test
// read one round of streams each.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

/// Throws Error, when it is made, for segments of fewer than four strings in the mean, which might hold no whole one, and
/// for more than 10^8 steps of a stream or in a batch.
TaskSpec continual_reber_task();

}  // namespace carousel
