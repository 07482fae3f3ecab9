// A list of names, one a line: predict each next letter, and where a name ends.
//
//   input   [T, B] tokens  a start token, then the letters of a name; names have different lengths
//   output  [T, B, K]      the letters, then the end, which is the same token as the start
//   loss    cross entropy in nats per character, the end counted as one, which is the metric too; knowing only
//           how often each character and the end occur has the entropy of their frequencies in the training
//           names, exactly
//
// A tenth of the names is kept for validation. Which ones depends on the name alone, so that a name that
// stands in the list twice is never in both parts, and every seed has the same parts.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec names_task();

}  // namespace carousel
