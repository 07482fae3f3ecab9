// Carousel's side of the comparison.
#pragma once

#include "carousel/flow/record.h"
#include "carousel/train/state_dict.h"

#include "compare/combinations.h"

namespace carousel::cli {

/// "output", "loss", and "grad.<parameter>" of the first training batch.
TensorMap our_gradients(const Subject& subject);

/// The gradient's way back of the whole loss of that batch.
FlowRecord our_flow(const Subject& subject);

/// What the trainer told while it trained.
struct OurTraining {
  std::vector<double> losses, clip_norms, rates, validations;
  double clipped = 0.0;  ///< share of updates where the limit bit
  TensorMap weights = {};
};
OurTraining our_training(const Subject& subject, const Combination& how);

}  // namespace carousel::cli
