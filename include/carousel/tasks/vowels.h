// Japanese vowels: who of nine speakers said /ae/, from 7 to 29 steps of 12 cepstrum coefficients?
//
//   input   [T, B, 12]     of different lengths, each channel scaled to mean 0 and variance 1 over the training set
//   output  [B, 9]         a class at the last step
//   loss    cross entropy in nats, ln 9 for a guess
//   metric  accuracy; always naming the commonest speaker of the training set has exactly that speaker's share
//
// Every tenth case of the archive's training file is kept for validation; its test file is the test.
// Kudo, Toyama & Shimbo, "Multidimensional Curve Classification Using Passing-Through Regions", 1999.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec vowels_task();

}  // namespace carousel
