// What both sides computed, as figures to be checked.
#pragma once

#include "carousel/train/state_dict.h"

#include "compare/comparison.h"

namespace carousel::cli {

/// A figure a tensor; "output" and "loss" are quantities of their own, "grad." before a name is left out.
std::vector<Figure> figures_of(Quantity quantity, const TensorMap& ours, const TensorMap& reference);

/// "layer 0 reverse".
std::string layer_name(LayerId id);

/// "dh layer 0 reverse".
std::string curve_name(const StepCurve& curve);

/// A figure a curve, each step relative to the largest state of the layer there.
std::vector<Figure> figures_of(const std::vector<StepCurve>& curves);

/// A training's curves and the weights after it.
std::vector<Figure> figures_of(const Trajectory& trajectory, const TensorMap& ours,
                               const TensorMap& reference);

}  // namespace carousel::cli
