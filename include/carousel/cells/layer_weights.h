// The tensors of one layer and direction, as initialisation and analysis see them.
#pragma once

#include <vector>

#include <torch/types.h>

namespace carousel {

/// G gates, H units, I inputs. A tensor that the cell does not have is undefined.
struct LayerWeights {
  torch::Tensor weight_ih;             ///< [G H, I]
  torch::Tensor weight_hh;             ///< [G H, H], or as the recurrence says (cells/recurrence.h)
  torch::Tensor bias_ih;               ///< [G H]
  torch::Tensor bias_hh;               ///< [G H]; added to bias_ih, so a gate's effective bias is the sum
  std::vector<torch::Tensor> vectors;  ///< [H] each, in the order of the cell's `vectors`
  torch::Tensor weight_hr = {};        ///< [P, H] of a projected h; then weight_hh is [G H, P]
};

}  // namespace carousel
