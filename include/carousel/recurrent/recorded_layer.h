// One layer and direction of a cell without its type: the step that it wrote down, read on tensors.
#pragma once

#include "carousel/recurrent/fused/fused_engine.h"
#include "carousel/recurrent/layer_products.h"
#include "carousel/recurrent/layer_steps.h"
#include "carousel/recurrent/recorded_cell.h"

namespace carousel {

class RecordedLayer {
 public:
  RecordedLayer(const RecordedCell& cell, const LayerWeights& weights)
      : cell_(cell), products_(weights, cell.facts.gates.size(), cell.facts.separate_projections) {}

  /// [N, I], or [N] classes, -> [N, G H].
  torch::Tensor project(const torch::Tensor& input) const { return products_.project(input); }

  /// One step from S previous states [B, H]. W_hh reads `h`; the write gate is multiplied by `factors` [B, H], where they are
  /// defined.
  LayerStep step(const torch::Tensor& projected, std::span<const torch::Tensor> previous,
                 const torch::Tensor& h, const torch::Tensor& factors) const;

 private:
  RecordedCell cell_;
  LayerProducts products_;
};

/// Runs such a layer on the loop engine: any device, any dtype, differentiable twice. `initial` is empty for zeros.
fused::LayerOutput run_recorded_layer(const RecordedCell& cell, const LayerCall& call,
                                      const PackedBatch& batch, const LayerWeights& weights,
                                      const std::vector<torch::Tensor>& initial);

}  // namespace carousel
