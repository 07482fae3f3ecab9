// One layer and direction of an elementwise cell on tensors: the two verbs that the time loop needs.
#pragma once

#include <torch/types.h>

#include "carousel/cells/cell.h"
#include "carousel/cells/layer_weights.h"
#include "carousel/recurrent/loop_noise.h"
#include "carousel/recurrent/packed_batch.h"
#include "carousel/recurrent/recorded_step.h"
#include "carousel/recurrent/recurrent_product.h"

namespace carousel {

/// Joins a cell's elementwise step with its two matrix products.
template <ElementwiseCell Cell> class ElementwiseLayer {
 public:
  static constexpr std::size_t G = gate_count<Cell>, S = state_count<Cell>, P = vector_count<Cell>;
  using TensorStates = States<torch::Tensor, S>;

  explicit ElementwiseLayer(const LayerWeights& weights) : weights_(weights) {
    if (recurrence_of(weights.weight_hh) == Recurrence{}) weight_hh_t_ = weights.weight_hh.t();
    for (std::size_t v = 0; v < P; ++v) vectors_[v] = weights.vectors[v];
  }

  /// The input projection of every row at once: [N, I], or [N] classes, -> [N, G H]. Summed cells get both biases here.
  torch::Tensor project(const torch::Tensor& input) const {
    const bool both = weights_.bias_ih.defined() && !separate_projections<Cell>;
    const auto bias = both ? weights_.bias_ih + weights_.bias_hh : weights_.bias_ih;
    if (!are_classes(input)) return torch::linear(input, weights_.weight_ih, bias);
    // A one-hot row picks a column of the weights. The bias joins the I columns, not the N rows; contiguous,
    // because picking strided columns takes longer than laying them out first.
    const auto columns = weights_.weight_ih.t();
    return (bias.defined() ? columns + bias : columns).contiguous().index_select(0, input);
  }

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
    const auto product = [&] { return recurrent_product(weights_.weight_hh, h); };
    Gates<torch::Tensor, G> input, recurrent;
    if constexpr (separate_projections<Cell>) {
      input = split(projected);
      recurrent = split(weight_hh_t_.defined() ? torch::linear(h, weights_.weight_hh, weights_.bias_hh)
                                               : with_bias(product(), projected));
    } else if (!weights_.weight_hh.defined()) {
      input = split(projected);
    } else {
      input =
          split(weight_hh_t_.defined() ? torch::addmm(projected, h, weight_hh_t_) : projected + product());
    }
    if constexpr (fusable<Cell>) {
      if constexpr (facts_of<Cell>().write_gate >= 0) {
        if (factors.defined()) return evaluate_dropped<Cell>(input, recurrent, previous, vectors_, factors);
      }
    }
    return evaluate<Cell, torch::Tensor>(input, recurrent, previous, vectors_);
  }

  /// The recurrent projection, seen apart, of a recurrence that may have no product.
  torch::Tensor with_bias(const torch::Tensor& product, const torch::Tensor& like) const {
    const auto whole = product.defined() ? product : torch::zeros_like(like);
    return weights_.bias_hh.defined() ? whole + weights_.bias_hh : whole;
  }

  static Gates<torch::Tensor, G> split(const torch::Tensor& rows) {
    Gates<torch::Tensor, G> gates;
    if constexpr (G == 1) {
      gates[0] = rows;
    } else {
      auto blocks = rows.chunk(G, 1);
      for (std::size_t g = 0; g < G; ++g) gates[g] = std::move(blocks[g]);
    }
    return gates;
  }

  LayerWeights weights_;
  torch::Tensor weight_hh_t_;  // of a full recurrence
  Vectors<torch::Tensor, P> vectors_;
};

}  // namespace carousel
