#include "train/update_batches.h"

namespace carousel {

std::vector<WeightedBatch> batches_of(const Task& task, std::int64_t update, std::int64_t count) {
  std::vector<WeightedBatch> batches;
  double total = 0.0;
  for (std::int64_t i = 0; i < count; ++i) {
    Batch batch = task.batch(Split::train, update * count + i);
    const double losses = task.loss_count(batch);
    total += losses;
    batches.push_back({std::move(batch), losses});
  }
  for (auto& [batch, share] : batches) share /= total;
  return batches;
}

}  // namespace carousel
