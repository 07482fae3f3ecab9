// What is trained: anything with a recurrent module inside.
#pragma once

#include <memory>
#include <vector>

#include <torch/nn/module.h>

#include "carousel/recurrent/recurrent_base.h"
#include "carousel/train/batch.h"
#include "carousel/train/task.h"

namespace carousel {

struct Prediction {
  torch::Tensor output;               ///< [T, B, K] or [B, K], as the task's facts say
  std::vector<torch::Tensor> states;  ///< the cell's S states after the last step, [L D, B, H] each
};

/// A model that reads one token after the other, for writing text: no batch, no graph.
class TokenReader {
 public:
  virtual ~TokenReader() = default;

  /// Forgets what was read.
  virtual void restart() = 0;

  /// What the model predicts after one more token, [K]; overwritten by the next call.
  virtual const torch::Tensor& read(std::int64_t token) = 0;
};

/// A model that reads one row of features after the other, as a sensor gives them: no batch, no graph.
class RowReader {
 public:
  virtual ~RowReader() = default;

  /// Forgets what was read.
  virtual void restart() = 0;

  /// Reads a row [I] of the model's dtype, on the CPU.
  virtual void read(const torch::Tensor& row) = 0;

  /// What the model answers after what was read, [K]; overwritten by the next call.
  virtual const torch::Tensor& answer() = 0;
};

/// The trainer's view of a model. model/sequence_model.h is the one that the built-in tasks use.
class Model : public torch::nn::Module {
 public:
  /// Runs a batch from `carried` states (empty for zeros). With tbptt = k above 0 the gradient is cut every k
  /// steps: the state goes on, the gradient does not.
  virtual Prediction predict(const Batch& batch, const std::vector<torch::Tensor>& carried,
                             std::int64_t tbptt) = 0;

  /// A reader with the weights as they are now, faster than predict() for one token; null when there is none.
  virtual std::unique_ptr<TokenReader> reader() { return nullptr; }

  /// The same for rows of features.
  virtual std::unique_ptr<RowReader> row_reader() { return nullptr; }

  /// The recurrent module, for initialisation and recording.
  virtual RecurrentBase& recurrent() = 0;
};

}  // namespace carousel
