// Selective copying: symbols stand at random places among blanks, and are to be repeated in order when cues ask.
//
//   input   [T, B] tokens: --length (40) steps with --items (4) of --symbols (8) among blanks, then as many cues;
//           T = length + items
//   output  [T, B, symbols + 1]   a class at every step: blank, and at the cues the symbols in their order
//   loss    cross entropy in nats, the mean over all T steps
//   metric  accuracy at the cues; without memory exactly 1 / symbols
//
// Where `copy` can count steps, this asks to write when a symbol comes and to keep when a blank does: input-dependent gates
// do, a recurrence of fixed decay does not.
// Gu & Dao, "Mamba: Linear-Time Sequence Modeling with Selective State Spaces", 2023.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

/// Throws Error, when it is made, for more items than steps or more than 10^8 steps in a batch.
TaskSpec selective_task();

}  // namespace carousel
