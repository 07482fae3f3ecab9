// The flip-flop of several bits: hold the last pulse of each channel.
//
//   input   [T, B, K]      +1 or -1 at the first step and at each later one with probability --pulse (0.1), else 0;
//                          K = --bits (3) channels
//   output  [T, B, K]      each channel's last pulse
//   loss    mean squared error over the steps and channels
//   metric  the share of steps and channels whose sign is right; without memory at best exactly (1 + f) / 2, with
//           f = (1 + pulse (T - 1)) / T the share of pulses, which are right, while the rest is a guess
//
// A state that is set and held, but never turned over by what it was: a gate that writes or keeps is enough.
// Sussillo & Barak, "Opening the Black Box: Low-Dimensional Dynamics in High-Dimensional Recurrent Neural Networks", 2013.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

/// Throws Error, when it is made, for more than 10^8 steps of channels in a batch.
TaskSpec flip_flop_task();

}  // namespace carousel
