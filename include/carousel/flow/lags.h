// Which part of the past a layer learns from: the gradient of W_hh taken apart by how far its errors travelled.
#pragma once

#include <vector>

#include "carousel/flow/jacobian.h"

namespace carousel {

/// An error that enters the layer at its own step t (from the head, or from the layer above) travels l of the
/// layer's steps back, and there meets W_hh:
///
///   dL/dW_hh = sum_l G_l      G_l = sum_t  d pre_{t-l}^T h_{t-l-1},   d pre_{t-l} from the error of step t alone
///
/// exactly, so that the norms |G_l| say from how far back the layer learns (the terms of the sum of Pascanu,
/// Mikolov & Bengio 2013, equation 4, put together by distance). l = 0 is the step at which an error enters.
/// A share is |G_l| / sum |G_l|: the G_l may cancel, so shares are of norms and not of the gradient.
///
/// All errors travel at once, T lags of T products: work grows as T^2. Longer sequences are taken apart over
/// their last `steps` steps only; the sum is then the gradient of that window.
struct LagProfile {
  std::vector<double> log10_norm;  ///< |G_l| for l = 0, 1, ...; -infinity where nothing arrived
  std::vector<double> share;       ///< sums to 1; all 0 when there is no gradient at all
  torch::Tensor total;             ///< [G H, H]: the sum of all G_l
};

/// Throws Error for a cell whose step is not elementwise, or steps below 1.
LagProfile lag_profile(const StepJacobians& jacobians, std::int64_t steps = 200);

}  // namespace carousel
