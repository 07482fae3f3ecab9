// One layer and direction of an elementwise cell on tensors: the two verbs that the time loop needs.
#pragma once

#include <algorithm>

#include <torch/types.h>

#include "carousel/cells/cell.h"
#include "carousel/recurrent/layer_products.h"
#include "carousel/recurrent/loop_noise.h"
#include "carousel/recurrent/recorded_step.h"
#include "carousel/recurrent/tensor_value.h"

namespace carousel {

/// Joins a cell's elementwise step with its two matrix products.
template <ElementwiseCell Cell> class ElementwiseLayer {
 public:
  static constexpr std::size_t G = gate_count<Cell>, S = state_count<Cell>, P = vector_count<Cell>;
  using TensorStates = States<torch::Tensor, S>;

  explicit ElementwiseLayer(const LayerWeights& weights) : products_(weights, G, separate_projections<Cell>) {
    for (std::size_t v = 0; v < P; ++v) vectors_[v] = weights.vectors[v];
  }

  /// The input projection of every row at once, as LayerProducts has it.
  torch::Tensor project(const torch::Tensor& input) const { return products_.project(input); }

  /// One time step: projected [B, G H], states [B, H].
  Stepped<torch::Tensor, S, G> step(const torch::Tensor& projected, const TensorStates& previous) const {
    return evaluated(projected, previous, previous[0], {});
  }

  /// The same with noise at step t.
  Stepped<torch::Tensor, S, G> step(const torch::Tensor& projected, const TensorStates& previous,
                                    const LoopNoise& noise, std::int64_t t) const {
    return evaluated(projected, previous, noise.read(previous[0]), noise.update(t, projected.size(0)));
  }

 private:
  /// W_hh reads h; the write gate is multiplied by `factors` where they are defined.
  Stepped<torch::Tensor, S, G> evaluated(const torch::Tensor& projected, const TensorStates& previous,
                                         const torch::Tensor& h, const torch::Tensor& factors) const {
    auto blocks = products_.blocks(projected, h);
    Gates<torch::Tensor, G> input, recurrent;
    std::ranges::move(blocks.input, input.begin());
    std::ranges::move(blocks.recurrent, recurrent.begin());
    if constexpr (fusable<Cell>) {
      if constexpr (facts_of<Cell>().write_gate >= 0) {
        if (factors.defined()) return evaluate_dropped<Cell>(input, recurrent, previous, vectors_, factors);
      }
    }
    return evaluate_on_tensors<Cell>(input, recurrent, previous, vectors_);
  }

  LayerProducts products_;
  Vectors<torch::Tensor, P> vectors_;
};

}  // namespace carousel
