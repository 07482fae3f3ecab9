// What is trained: anything with a recurrent module inside.
#pragma once

#include <vector>

#include <torch/nn/module.h>

#include "carousel/recurrent/recurrent_base.h"
#include "carousel/train/task.h"

namespace carousel {

struct Prediction {
  torch::Tensor output;               ///< [T, B, K] or [B, K], as the task's facts say
  std::vector<torch::Tensor> states;  ///< the cell's S states after the last step, [L D, B, H] each
};

/// The trainer's view of a model. tasks/sequence_model.h is the one that the built-in tasks use.
class Model : public torch::nn::Module {
 public:
  /// Runs a batch from `carried` states (empty for zeros). With tbptt = k above 0 the gradient is cut every k
  /// steps: the state goes on, the gradient does not.
  virtual Prediction predict(const Batch& batch, const std::vector<torch::Tensor>& carried,
                             std::int64_t tbptt) = 0;

  /// The recurrent module, for initialisation and recording.
  virtual RecurrentBase& recurrent() = 0;
};

}  // namespace carousel
