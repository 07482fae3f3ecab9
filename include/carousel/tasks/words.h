// Words over a group: every step brings a permutation, and what all so far have come to is asked for.
//
//   input   [T, B] tokens 0 ... |G| - 1, the elements of --group S3, A5 or S5, each equally likely
//   output  [T, B, |G|]    the product y_t = x_t y_(t - 1): x_t done after the others
//   loss    cross entropy in nats, the mean over the steps
//   metric  accuracy at the last step; without memory exactly 1/|G|, for the product is uniform whatever the last
//           element was (|G| is 6, 60, 120)
//
// Elements are numbered as data/permutations.h says. Tracking the product in S5 or A5, which are not solvable, is
// complete for NC1: one layer of a linear recurrence with a diagonal, and a transformer, are in TC0, which is believed to be
// less (Merrill, Petty & Sabharwal, "The Illusion of State in State-Space Models", 2024). Why the last step: see
// tasks/parity.h.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

/// Throws Error, when it is made, for more than 10^8 steps in a batch.
TaskSpec words_task();

}  // namespace carousel
