// The adding problem: of T random numbers two are marked, and their sum is asked for at the end.
//
//   input   [T, B, 2]   a number from U[0, 1) and a marker, 1 at one step of each half
//   output  [B, 1]      the sum of the two marked numbers
//   loss    mean squared error, which is the metric too; always answering 1 has exactly 2 Var U[0, 1) = 1/6
//
// The earlier number must survive at least one step and up to T - 1 of them; nothing else is asked.
// Hochreiter & Schmidhuber, "Long Short-Term Memory", 1997, experiment 4, in the form of Le, Jaitly & Hinton,
// "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units", 2015.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec adding_task();

}  // namespace carousel
