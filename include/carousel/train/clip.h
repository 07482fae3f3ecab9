// Gradient clipping that keeps what it saw.
#pragma once

#include <string>
#include <vector>

#include "carousel/flow/record.h"
#include "carousel/torch_forward.h"

namespace carousel {

/// How gradients are bounded before the optimiser uses them.
enum class ClipMode {
  /// Scale all of them so that their joint norm is at most the limit (Pascanu, Mikolov & Bengio 2013), by
  /// torch's coefficient min(1, limit / (norm + 1e-6)): a norm within 1e-6 of the limit becomes smaller too.
  norm,
  value,   ///< bound each entry to [-limit, limit]
  report,  ///< change nothing, only measure
};

struct ClipOptions {
  ClipMode mode = ClipMode::norm;
  double limit = 1.0;
};

/// What clipping saw and did.
struct ClipReport {
  double norm_before = 0.0;  ///< joint L2 norm of all gradients, summed in double
  double norm_after = 0.0;
  double coefficient = 1.0;               ///< norm_after / norm_before; 1 when nothing was changed
  bool clipped = false;                   ///< whether the limit bit: the norm, or an entry, was above it
  std::vector<ParameterFlow> parameters;  ///< each parameter's norm before clipping
  std::string first_non_finite;           ///< the first parameter whose gradient is not finite, or ""

  bool finite() const { return first_non_finite.empty(); }
};

/// Measures the gradients of `module`'s parameters, each tensor once (train/parameters.h), and clips them in
/// place. Parameters without a gradient are skipped; a sparse gradient is coalesced. When a gradient is not
/// finite nothing is changed and the report names the parameter. After clipping by norm the joint norm is
/// min(norm, limit) and the direction is unchanged.
ClipReport clip_gradients(torch::nn::Module& module, const ClipOptions& options);

/// Throws Error when the limit is not above 0.
void check(const ClipOptions& options);

}  // namespace carousel
