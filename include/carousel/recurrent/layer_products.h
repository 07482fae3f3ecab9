// What comes before the step of one layer and direction on tensors: its two matrix products, a block for each gate.
#pragma once

#include <vector>

#include <torch/types.h>

#include "carousel/cells/layer_weights.h"

namespace carousel {

class LayerProducts {
 public:
  LayerProducts(const LayerWeights& weights, std::size_t gates, bool separate_projections);

  /// The input projection of every row at once: [N, I], or [N] classes, -> [N, G H]. Summed cells get both biases here.
  torch::Tensor project(const torch::Tensor& input) const;

  /// The pre-activations of a step: G tensors [B, H], where a cell takes its projections apart those of the input.
  struct Blocks {
    std::vector<torch::Tensor> input;
    std::vector<torch::Tensor> recurrent;  ///< empty for a cell that sees the sum
  };
  /// projected [B, G H], and h [B, H] as W_hh reads it.
  Blocks blocks(const torch::Tensor& projected, const torch::Tensor& h) const;

  const LayerWeights& weights() const { return weights_; }

 private:
  torch::Tensor apart(const torch::Tensor& h, const torch::Tensor& like) const;
  std::vector<torch::Tensor> split(const torch::Tensor& rows) const;

  LayerWeights weights_;
  std::int64_t gates_;
  bool separate_;
  torch::Tensor weight_hh_t_;  // of a full recurrence
};

}  // namespace carousel
