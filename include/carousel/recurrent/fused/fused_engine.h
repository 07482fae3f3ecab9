// The fused engine: a layer and direction as one node of the autograd graph, on the CPU.
//
// The kernels are derived from the cell's step (plan.h); the input projection is one product for many steps,
// the recurrent projection one product a step, the weight gradients are products over many steps. Each
// thread takes its share of the sequences through all steps alone.
#pragma once

#include <functional>
#include <vector>

#include <torch/types.h>

#include "carousel/cells/layer_weights.h"
#include "carousel/recurrent/fused/fused_cell.h"
#include "carousel/recurrent/loop_engine.h"

namespace carousel::fused {

/// What a layer makes of a batch: h of every row, then the last states.
struct LayerOutput {
  torch::Tensor output;             ///< [sum of sizes, H]
  std::vector<torch::Tensor> last;  ///< S tensors [B, H]
};

/// The same layer on the loop engine; used where a gradient has to be differentiated again.
using LoopLayer =
    std::function<LayerOutput(const LayerCall& call, const PackedBatch& batch, const LayerWeights& weights,
                              const std::vector<torch::Tensor>& initial)>;

struct LayerRequest {
  const FusedCell* cell = nullptr;
  LayerCall call;
  PackedBatch batch;         ///< its resets are those that this direction meets
  bool save_memory = false;  ///< keep states every sqrt(T) steps and compute what lies between again
  LoopLayer loop = {};
};

/// Runs a layer. `initial` is empty for zeros. Gradients reach input, weights and initial states; with
/// create_graph they are computed by the loop engine. What it is given has been checked at RecurrentBase's door.
/// The output is kept for the backward pass: an operation in place on it is refused by autograd on the way back.
LayerOutput run_layer(LayerRequest request, const LayerWeights& weights,
                      const std::vector<torch::Tensor>& initial);

/// Whether run_layer takes weights like these; else the reason, as "its weights are on cuda".
struct Support {
  bool fits = true;
  std::string reason;
};
Support supports(const torch::Tensor& weight);

}  // namespace carousel::fused
