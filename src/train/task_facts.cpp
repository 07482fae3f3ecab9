#include "carousel/train/task_facts.h"

#include <cmath>

namespace carousel {

const char* name_of(Split split) {
  return split == Split::train ? "training" : split == Split::valid ? "validation" : "test";
}

double Score::metric() const {
  const double mean = metric_sum / metric_count;
  return root ? std::sqrt(mean) : mean;
}

Score& Score::operator+=(const Score& other) {
  loss_sum += other.loss_sum;
  loss_count += other.loss_count;
  metric_sum += other.metric_sum;
  metric_count += other.metric_count;
  root = root || other.root;
  return *this;
}

}  // namespace carousel
