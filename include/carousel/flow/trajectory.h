// A recurrent module followed along real data: what every analysis of a gradient's way back starts from.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

/// The loss, from the last layer's h of every row, [sum of sizes, D H] in the batch's order, in double: a
/// scalar that can be differentiated. Where a head has float weights, let it cast.
using LossOfOutput = std::function<torch::Tensor(const torch::Tensor& output)>;

/// What a module is analysed on. Sequences of different lengths are followed each to its own end.
struct FollowedBatch {
  PackedBatch rows;
  std::vector<torch::Tensor> initial = {};  ///< S tensors [L D, B, H]; empty for the module's start(B)
  LossOfOutput loss;

  /// The same with its last `steps` steps alone: what comes before is run without a gradient, and hands over
  /// its state. All of it when there are no more steps, or when the module has two directions.
  FollowedBatch last_steps(RecurrentBase& module, std::int64_t steps) const;
};

/// One layer and direction, in its *own* steps: step 0 is the first that it computes, which for the reverse
/// direction is each sequence's last. Rows beyond a sequence's end hold nothing of meaning, and no gradient.
struct LayerTrajectory {
  LayerId id;
  std::vector<std::int64_t> lengths;  ///< [B], falling
  torch::Tensor input;                ///< [T, B, I]
  /// S tensors [T + 1, B, H]: entry t is the state before step t, after a reset where there is one.
  std::vector<torch::Tensor> states;
  std::vector<torch::Tensor> gates;  ///< G activations [T, B, H]
  torch::Tensor resets;              ///< [T, B] bool: the step begins anew; undefined for none
  torch::Tensor entering;  ///< [T, B, H]: dL/dh_t from above, without what comes through later steps

  std::int64_t steps() const { return input.size(0); }
  std::int64_t sequences() const { return input.size(1); }
  std::int64_t hidden() const { return entering.size(2); }
};

/// A copy of a module for analysis: in double, on the CPU, without dropout, nobody listening, every weight
/// with a gradient.
std::shared_ptr<RecurrentBase> analysis_copy(const RecurrentBase& module);

/// Runs such a copy layer by layer and sends the loss back, by autograd.
/// Throws Error when a shape does not fit, when a state or the loss is not finite, or when the loss is no
/// scalar that depends on the output.
std::vector<LayerTrajectory> follow(RecurrentBase& module, const FollowedBatch& batch);

/// loss.backward() would have something to do; else throws Error.
void check_loss(const torch::Tensor& loss);

}  // namespace carousel
