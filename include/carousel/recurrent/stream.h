// A module that reads its input one step at a time: text that is being written, a sensor that is being read.
#pragma once

#include <memory>

#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

/// Runs a module of one direction on one sequence, step by step, by the fused engine's kernels. It gives what
/// the module gives for the whole sequence (without dropout), but makes no graph and allocates nothing in a
/// step, so that a step costs little more than its arithmetic.
///
///   RecurrentStream stream(*lstm);
///   for (...) { const torch::Tensor& h = stream.step(row); ... }
class RecurrentStream {
 public:
  enum class Input { rows, classes };

  /// Copies the weights: later changes of the module are not seen. Throws Error when the module has two
  /// directions, or runs on another engine.
  explicit RecurrentStream(const RecurrentBase& module, Input input = Input::rows);
  ~RecurrentStream();
  RecurrentStream(RecurrentStream&&) noexcept;
  RecurrentStream& operator=(RecurrentStream&&) noexcept;

  /// Whether a module can be streamed.
  static bool supports(const RecurrentBase& module);

  /// Back to the states before the first step.
  void restart();

  /// Reads a row [I] (Input::rows), or a class number that stands for a one-hot row (Input::classes). Returns
  /// h of the last layer, [H]; the tensor is overwritten by the next step. Throws Error for what does not fit.
  const torch::Tensor& step(const torch::Tensor& row);
  const torch::Tensor& step(std::int64_t class_number);

 private:
  class Layers;
  template <class T> class LayersOf;
  std::unique_ptr<Layers> layers_;
};

}  // namespace carousel
