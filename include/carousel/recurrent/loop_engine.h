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
#include "carousel/recurrent/loop_noise.h"
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

/// How one layer and direction is run.
struct LayerCall {
  FlowTap tap;
  LayerNoise noise = {};
  std::vector<torch::Tensor> start = {};  ///< S tensors [H]: what a reset leads to; empty for zeros
};

/// Walks the resets of a batch: before a step, its marked rows are the start again.
class Restarts {
 public:
  Restarts(const PackedBatch& batch, const std::vector<torch::Tensor>& start, torch::Device device);

  /// `states` [rows, H] at step t, as the step shall see them.
  void apply(std::int64_t t, std::span<torch::Tensor> states) const;

 private:
  std::vector<torch::Tensor> marks_;  // [rows, 1] of each step; undefined where no row begins anew
  std::vector<torch::Tensor> start_;
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

/// A layer's step; one that knows of noise is given it.
template <class Layer, class States>
auto take_step(const Layer& layer, const torch::Tensor& projected, const States& previous,
               const LoopNoise& noise, std::int64_t t) {
  if constexpr (requires { layer.step(projected, previous, noise, t); }) {
    return layer.step(projected, previous, noise, t);
  } else {
    return layer.step(projected, previous);
  }
}

/// Runs a layer, anything with project(input) and step(projected, previous), over the time steps of a batch;
/// backwards in time when `call.tap.id.reverse`. The batch's resets are those that this direction meets.
template <std::size_t S, class Layer>
LoopResult<S> run_loop(const Layer& layer, const PackedBatch& batch, std::array<torch::Tensor, S> initial,
                       const LayerCall& call) {
  const FlowTap& tap = call.tap;
  if (batch.steps() == 0) return {initial[0].new_empty({0, initial[0].size(1)}), std::move(initial)};
  // split, not [t]: indexing would make the backward pass allocate a whole sequence of zeros a step.
  const auto projected = layer.project(batch.data).split_with_sizes(batch.sizes);
  std::vector<torch::Tensor> outputs(batch.sizes.size());
  const Restarts restarts(batch, call.start, initial[0].device());
  const LoopNoise noise(call.noise, batch.sequences(), initial[0].size(1), initial[0]);
  ActiveRows<S> rows(std::move(initial));

  for (std::int64_t i = 0; i < batch.steps(); ++i) {
    const std::int64_t step = tap.id.reverse ? batch.steps() - 1 - i : i;
    const auto t = static_cast<std::size_t>(step);
    auto previous = rows.resize(batch.sizes[t]);
    restarts.apply(step, previous);
    auto stepped = take_step(layer, projected[t], previous, noise, step);
    if (call.noise.zones()) noise.zone(step, previous, stepped.states);
    if (tap.observer) tap_step(tap, step, stepped.states, stepped.gates);
    if (tap.sums) tap_gradients(tap.sums, step, stepped.states);
    rows.update(stepped.states);
    outputs[t] = stepped.states[0];
  }
  return {torch::cat(outputs), rows.finish()};
}

}  // namespace carousel
