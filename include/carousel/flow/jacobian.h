// One-step Jacobians along a trajectory: what the gradient is multiplied by on its way back, step by step.
//
//   J_t = d s_t / d s_{t-1}   [S H, S H]      s: the S states of H units below one another, h first
//
// They act inside one layer and direction; t counts that layer's own steps (flow/trajectory.h). For an
// elementwise cell they come from its `step`, evaluated on dual numbers at every unit:
//
//   J = sum_g  A_g W_hh[g] (from h) + B       A, B: diagonal in the units
//
// (with zoneout of the state, p of the identity and 1 - p of that). J is 0 where a sequence begins anew. So
// that products with J cost one product with W_hh. For a cell that is a module, or says fused = false,
// each J is built by autograd.
#pragma once

#include "carousel/flow/trajectory.h"

namespace carousel {

/// dL/d of what a step reads, from dL/d of its states.
struct PulledBack {
  torch::Tensor gates;     ///< [G, n, B, H]: at the recurrent projection of each gate
  torch::Tensor previous;  ///< [S, n, B, H]: at the previous states, W_hh included
};

class StepJacobians {
 public:
  /// `module` is the analysis_copy() that was followed; both must outlive this.
  StepJacobians(const RecurrentBase& module, const LayerTrajectory& layer);

  const LayerTrajectory& layer() const { return layer_; }
  std::int64_t size() const { return states_ * hidden_; }  ///< S H

  /// Whether the derivatives come from the cell's step, so that pull_back() is there.
  bool elementwise() const { return to_gates_.defined(); }

  /// 1 where W_hh has an entry, [G, H, H]; undefined of a full one.
  const torch::Tensor& structure() const { return structure_; }

  /// J_t of one sequence, [S H, S H]. t = 0 leads from the initial state to the first.
  torch::Tensor matrix(std::int64_t t, std::int64_t sequence) const;

  /// J_t Q for Q [S H, K].
  torch::Tensor times(std::int64_t t, std::int64_t sequence, const torch::Tensor& q) const;

  /// J_t^T v of all sequences at steps `first` to `first` + n - 1 at once, v [S, n, B, H].
  /// Throws Error for a cell whose step is not elementwise.
  PulledBack pull_back(std::int64_t first, const torch::Tensor& v) const;

 private:
  void evaluate(const UnitStep& step, const Noise& noise);
  bool begins_anew(std::int64_t t, std::int64_t sequence) const;
  torch::Tensor matrix_by_autograd(std::int64_t t, std::int64_t sequence) const;

  const LayerTrajectory& layer_;
  LayerSteps verbs_;
  LayerWeights weights_;
  std::int64_t states_, gates_, hidden_;
  torch::Tensor structure_;
  torch::Tensor to_gates_;   // [S, G, T, B, H]: d state / d recurrent projection, the A above
  torch::Tensor to_states_;  // [S, S, T, B, H]: d state / d previous state of the same unit, the B above
};

}  // namespace carousel
