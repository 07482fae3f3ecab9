// A language model over the characters (or bytes) of a text file: predict the next one.
//
//   input   [T, B] tokens  T = `length` steps of B streams that run through the text side by side
//   output  [T, B, K]      the character that follows each step, of an alphabet of K
//   loss    cross entropy in nats per character, which is the metric too; knowing only how often each character
//           occurs has the entropy of their frequencies in the training text, computed exactly from the counts
//
// The text is cut in train, valid and test, in this order, and each part into B streams of equal length. A
// stream is read segment after segment and the state is carried over: `length` is where the gradient is cut
// (truncated back-propagation), not where the memory ends. What is left over at the end of a training stream,
// less than one segment, is not used; validation and test use it. A short part has fewer streams, so that
// each has a whole segment; a text that is only measured needs no training part. A byte order mark is no
// character; read as bytes any file is a text. Every epoch reads the same segments in the same order, from a
// state of zeros. The
// setting: Karpathy, Johnson & Fei-Fei, "Visualizing and Understanding Recurrent Networks", 2015.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec charlm_task();

}  // namespace carousel
