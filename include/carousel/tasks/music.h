// Polyphonic music: from the keys that sound now, which of the 88 will sound at the next step?
//
//   input   [T, B, 88]     1 where a key sounds; pieces have different lengths
//   output  [T, B, 88]     the logit of each key at the step that follows
//   loss    the sum over the 88 keys of binary cross entropies in nats, the mean over the steps, which is the
//           metric too; 88 ln 2 = 61.0 with every key at 1/2, and knowing only how often each key sounds has the
//           sum of their entropies in the training set, computed exactly
//
// A piece of T + 1 steps gives T predictions: the first step, which nothing precedes, is not predicted.
// Boulanger-Lewandowski, Bengio & Vincent, "Modeling Temporal Dependencies in High-Dimensional Sequences",
// 2012; Chung, Gulcehre, Cho & Bengio, "Empirical Evaluation of Gated Recurrent Neural Networks on Sequence
// Modeling", 2014.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec music_task();

}  // namespace carousel
