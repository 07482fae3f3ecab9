// What truncated backpropagation through time does to the gradient.
#pragma once

#include <vector>

#include "carousel/flow/trajectory.h"

namespace carousel {

/// The gradient g_k of the recurrent parameters with the gradient cut every k steps, as the trainer does it
/// (`--tbptt k`: the state is carried, Williams & Peng 1990), against the full one g.
///
/// A cosine of 1 and a ratio of 1: nothing is lost. A small cosine: training follows another direction than
/// that of the loss (Tallec & Ollivier 2017, "Unbiasing truncated backpropagation through time").
///
/// Segments are counted from the first step: an error of the last step alone goes back through the last
/// segment only, which is shorter than k when T is no multiple of it. NaN where one of the two gradients is zero.
struct TruncationBias {
  std::int64_t steps = 0;      ///< k
  double cosine = 0.0;         ///< g_k . g / (|g_k| |g|)
  double angle_degrees = 0.0;  ///< between the two
  double norm_ratio = 0.0;     ///< |g_k| / |g|
};

/// For each of the given k; k >= T gives exactly 1, 0 and 1. `module` is an analysis_copy().
/// Throws Error for a module of two directions, which cannot be truncated.
std::vector<TruncationBias> truncation_bias(RecurrentBase& module, const FollowedBatch& batch,
                                            const std::vector<std::int64_t>& segments);

/// 1, 2, 5, 10, 20, 50, ... below T.
std::vector<std::int64_t> usual_segments(std::int64_t steps);

}  // namespace carousel
