// One layer and direction opened up: its two verbs on tensors, without the type of its cell.
#pragma once

#include <functional>
#include <vector>

#include <torch/types.h>

namespace carousel {

/// What one time step of a layer makes.
struct LayerStep {
  std::vector<torch::Tensor> states;  ///< S tensors [B, H]; the first is the output
  std::vector<torch::Tensor> gates;   ///< G activations [B, H]
};

/// In torch operations, as the loop engine runs them: differentiable, in the module's dtype, with its own parameters.
struct LayerSteps {
  /// The input projection of every row: [N, I] -> [N, features]; row by row, so that all time steps go in one.
  std::function<torch::Tensor(const torch::Tensor& rows)> project;
  /// One step from the projected rows [B, features] and the S previous states [B, H].
  std::function<LayerStep(const torch::Tensor& projected, const std::vector<torch::Tensor>& previous)> step;
};

}  // namespace carousel
