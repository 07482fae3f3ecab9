#include "carousel/train/task.h"

#include "carousel/train/batch.h"

namespace carousel {

Baseline Task::baseline(Split /*split*/) const {
  return {facts().baseline, facts().baseline_text};
}

double Task::loss_count(const Batch& batch) const {
  return static_cast<double>(facts().every_step ? batch.items() : batch.sequences());
}

}  // namespace carousel
