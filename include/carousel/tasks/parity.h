// Parity: bits come in, and at every step whether those so far were odd in number is asked for.
//
//   input   [T, B] tokens 0 or 1, each with probability 1/2
//   output  [T, B, 2]      the parity of the bits up to each step
//   loss    cross entropy in nats, the mean over the steps
//   metric  accuracy at the last step; without memory exactly 1/2, for the last bit says nothing of the parity
//
// A bit of state that every 1 turns over: the smallest state that no input leaves alone. What only fades or grows, a
// diagonal recurrence with positive eigenvalues, cannot turn it over for longer than it was trained
// (Merrill, Petty & Sabharwal 2024; Grazzi et al., "Unlocking State-Tracking in Linear RNNs Through Negative
// Eigenvalues", 2025). The last step is what is measured, since a network that loses the state
// anywhere answers it at chance, where the mean over all steps still counts the beginning it was trained on:
// `carousel eval RUN --length 400`. It is `words` of the group S2.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

/// Throws Error, when it is made, for more than 10^8 steps in a batch.
TaskSpec parity_task();

}  // namespace carousel
