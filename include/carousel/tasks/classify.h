// Texts of a table and their labels: which class a text is of.
//
//   x [T, B] tokens (characters or words of each text, data/vocabulary.h), lengths [B] -> logits [B, C]
//
// The rows are split one by one, every class in its share, as the splits of series are. Vocabulary and classes are those of the training part
// alone; a token that it does not have is the unknown one, and a text without a token is one unknown token. The loss
// is cross entropy, by --class-weights with torch's weights n / (C n_c); the metric is accuracy.
#pragma once

#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec classify_task();

}  // namespace carousel
