// The curves of one batch: how much of the gradient is left at every step, and how open the gates are.
#pragma once

#include <vector>

#include "carousel/flow/record.h"
#include "carousel/flow/trajectory.h"

namespace carousel {

/// What a FlowRecorder measures on one batch, in double: log10 |dL/d state_t| of every step in the batch's
/// order of time, and the gates' means. As in training, where the loss has an error at more steps than the
/// last, last_loss_log10 holds the curves of the last step's error alone (each sequence's own last step), and
/// gradient_log10 those of the whole loss; else gradient_log10 are the curves of the last step, and
/// last_loss_log10 is empty.
/// `module` is an analysis_copy(). Throws Error as follow() does.
FlowRecord gradient_curves(RecurrentBase& module, const FollowedBatch& batch);

/// How long each unit of a layer keeps what it holds, in steps: -1 / ln(mean keep gate), the time in which
/// its memory falls to 1/e; rising, infinite for a gate that is always 1. Empty for a cell without one.
/// (For chrono initialisation this is what Tallec & Ollivier 2018 set.)
std::vector<double> memory_times(const LayerTrajectory& layer, const CellFacts& cell);

/// The value below which the given share of a rising list lies, linear between neighbours.
double quantile(const std::vector<double>& rising, double share);

}  // namespace carousel
