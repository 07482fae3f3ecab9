// The noise of a layer as tensors, for the loop engine.
#pragma once

#include <span>

#include <torch/types.h>

#include "carousel/recurrent/noise.h"
#include "carousel/recurrent/packed_batch.h"

namespace carousel {

class LoopNoise {
 public:
  LoopNoise() = default;
  /// Of B sequences; masks have the type of `like`.
  LoopNoise(const LayerNoise& noise, std::int64_t sequences, std::int64_t hidden, const torch::Tensor& like);

  /// h [rows, H] as W_hh reads it.
  torch::Tensor read(const torch::Tensor& h) const;

  /// What the write gate is multiplied by at a step, [rows, H]; undefined where nothing is dropped.
  torch::Tensor update(std::int64_t step, std::int64_t rows) const;

  /// Puts old values in the place of new ones, or their expectation.
  void zone(std::int64_t step, std::span<const torch::Tensor> previous,
            std::span<torch::Tensor> states) const;

 private:
  template <class Fill> torch::Tensor rows_of(std::int64_t rows, Fill fill) const;

  LayerNoise noise_;
  std::int64_t hidden_ = 0;
  torch::TensorOptions options_;
  torch::Tensor hidden_mask_;  // [B, H]
};

/// A layer's input with its dropped features, I of them; class numbers become rows where any is.
PackedBatch with_dropped_input(const LayerNoise& noise, const PackedBatch& batch,
                               const torch::Tensor& weight_ih);

/// W_hh with the dropped entries at 0.
torch::Tensor with_dropped_weights(const LayerNoise& noise, const torch::Tensor& weight_hh);

}  // namespace carousel
