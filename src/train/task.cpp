#include "carousel/train/task.h"

#include "carousel/train/batch.h"

namespace carousel {

double Task::loss_count(const Batch& batch) const {
  return static_cast<double>(facts().every_step ? batch.items() : batch.sequences());
}

}  // namespace carousel
