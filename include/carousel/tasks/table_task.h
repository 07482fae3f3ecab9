// Tasks over tables of one's own: what they answer in the unit of the data, besides what every task does.
#pragma once

#include "carousel/data/answers.h"
#include "carousel/torch_forward.h"
#include "carousel/train/task.h"

namespace carousel {

class TableTask : public Task {
 public:
  /// Adds what the model's output for a batch of a split means to `answers`.
  virtual void add_answers(const torch::Tensor& output, const Batch& batch, Split split,
                           Answers& answers) const = 0;

  /// The table that the answers' rows are of.
  virtual const Table& table() const = 0;
};

}  // namespace carousel
