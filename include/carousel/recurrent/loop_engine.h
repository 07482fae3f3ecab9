// The loop engine: a cell's step in plain torch operations, one time step after another.
//
// It runs on every device and in every dtype, can be differentiated twice, and is the readable reference to
// which every faster engine is held.
#pragma once

#include <memory>
#include <vector>

#include <torch/types.h>

#include "carousel/cells/cell.h"
#include "carousel/recurrent/active_rows.h"
#include "carousel/recurrent/gradient_sums.h"
#include "carousel/recurrent/observer.h"
#include "carousel/recurrent/packed_batch.h"

namespace carousel {

/// Where the figures of one layer and direction go: an observer, and the number of the first step.
struct FlowTap {
  std::shared_ptr<FlowObserver> observer;  ///< null when nobody listens
  LayerId id;
  std::int64_t first_step = 0;
  std::span<const Activation> activations = {};  ///< one a gate
  /// Set, without an observer, when a layer is run again for its gradients alone: where they go.
  std::shared_ptr<GradientSums> sums = {};
};

/// Reports a step's gate means, saturation and finiteness, and hooks its states so that their gradient norms
/// are reported when they are known. The hooks read gradients and never change them.
void tap_step(const FlowTap& tap, std::int64_t step, std::span<const torch::Tensor> states,
              std::span<const torch::Tensor> gates);

/// Hooks a step's states so that their gradients go to `sums`.
void tap_gradients(const std::shared_ptr<GradientSums>& sums, std::int64_t step,
                   std::span<const torch::Tensor> states);

/// Puts aliases in the place of a layer's tensors that need a gradient, so that they get theirs together, as
/// those of a fused layer do: where the step ignores one of them, its gradient is zeros, not undefined.
void join_gradients(std::span<torch::Tensor* const> tensors);

/// What one layer and direction makes of a batch.
template <std::size_t S> struct LoopResult {
  torch::Tensor output;               ///< h of every step and row, [sum of sizes, H], in the batch's order
  std::array<torch::Tensor, S> last;  ///< the last state of every sequence, [B, H] each
};

/// Runs a layer, anything with project(input) and step(projected, previous), over the time steps of a batch;
/// backwards in time when `tap.id.reverse`.
template <std::size_t S, class Layer>
LoopResult<S> run_loop(const Layer& layer, const PackedBatch& batch, std::array<torch::Tensor, S> initial,
                       const FlowTap& tap) {
  if (batch.steps() == 0) return {initial[0].new_empty({0, initial[0].size(1)}), std::move(initial)};
  // split, not [t]: indexing would make the backward pass allocate a whole sequence of zeros a step.
  const auto projected = layer.project(batch.data).split_with_sizes(batch.sizes);
  std::vector<torch::Tensor> outputs(batch.sizes.size());
  ActiveRows<S> rows(std::move(initial));

  for (std::int64_t i = 0; i < batch.steps(); ++i) {
    const std::int64_t step = tap.id.reverse ? batch.steps() - 1 - i : i;
    const auto t = static_cast<std::size_t>(step);
    const auto stepped = layer.step(projected[t], rows.resize(batch.sizes[t]));
    if (tap.observer) tap_step(tap, step, stepped.states, stepped.gates);
    if (tap.sums) tap_gradients(tap.sums, step, stepped.states);
    rows.update(stepped.states);
    outputs[t] = stepped.states[0];
  }
  return {torch::cat(outputs), rows.finish()};
}

}  // namespace carousel
