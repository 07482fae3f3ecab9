// Handwritten digits, read row by row or pixel by pixel.
//
//   input   [28, B, 28] by rows, [784, B, 1] by pixels; from 0 (background) to 1 (ink)
//   output  [B, 10]        the digit, at the last step
//   loss    cross entropy in nats, ln 10 for a guess
//   metric  accuracy; always naming the commonest digit of the training set has exactly that digit's share
//
// The last twelfth of the training file (5,000 of 60,000) is kept for validation. `permuted` puts the 784
// pixels of every image in one fixed order, drawn from the constant seed 92916 whatever the run's seed:
// nearby pixels are then far apart in time. Le, Jaitly & Hinton, "A Simple Way to Initialize Recurrent
// Networks of Rectified Linear Units", 2015.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec mnist_task();

}  // namespace carousel
