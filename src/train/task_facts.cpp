#include "carousel/train/task_facts.h"

namespace carousel {

Score& Score::operator+=(const Score& other) {
  loss_sum += other.loss_sum;
  loss_count += other.loss_count;
  metric_sum += other.metric_sum;
  metric_count += other.metric_count;
  return *this;
}

}  // namespace carousel
