// Temporal order: among distractors stands an A or B early and another about the middle; which pair was it?
//
//   input   [T, B] tokens  A, B and the distractors c d e f; the first of the two at a step in [0.1 T, 0.2 T),
//                          the second in [0.5 T, 0.6 T)
//   output  [B, 4]         a class at the end: AA, AB, BA or BB
//   loss    cross entropy in nats, ln 4 for a guess
//   metric  accuracy, 1/4 for a guess
//
// Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", 2013, after
// Hochreiter & Schmidhuber 1997, experiment 6a. There it shows how a tanh RNN's gradient explodes, and that
// clipping it helps: so that is the default model.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec order_task();

}  // namespace carousel
