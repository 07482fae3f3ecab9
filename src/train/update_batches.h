// The batches of one update.
#pragma once

#include <vector>

#include "carousel/train/batch.h"
#include "carousel/train/task.h"

namespace carousel {

struct WeightedBatch {
  Batch batch;
  double share = 1.0;  ///< of all that the update's losses count: with it the mean is that of one large batch
};

/// The `count` training batches of an update, 0 being the first.
std::vector<WeightedBatch> batches_of(const Task& task, std::int64_t update, std::int64_t count);

}  // namespace carousel
