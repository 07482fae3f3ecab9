// torch's optimisers, chosen by name and set at run time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "carousel/torch_forward.h"

namespace carousel {

enum class OptimiserKind { sgd, rmsprop, adam, adamw };

/// Defaults are torch's. What an optimiser does not use is ignored.
struct OptimiserOptions {
  OptimiserKind kind = OptimiserKind::adam;
  double lr = 1e-3;       ///< learning rate, before the schedule's factor
  double momentum = 0.0;  ///< sgd, rmsprop
  double alpha = 0.99;    ///< rmsprop: decay of the mean square
  double beta1 = 0.9;     ///< adam, adamw: decay of the mean
  double beta2 = 0.999;   ///< adam, adamw: decay of the mean square
  double eps = 1e-8;      ///< added to the root of the mean square
  /// L2 penalty; decoupled from the gradient in adamw (Loshchilov & Hutter 2019). Nothing: torch's default,
  /// 0.01 for adamw and 0 for the others.
  std::optional<double> weight_decay = {};
};

/// The weight decay that counts.
double weight_decay_of(const OptimiserOptions& options);

/// A parameter listed twice is stepped twice: see train/parameters.h. Throws Error for a value that is out of
/// range.
std::unique_ptr<torch::optim::Optimizer> make_optimiser(const OptimiserOptions& options,
                                                        std::vector<torch::Tensor> parameters);

/// Sets the learning rate of every parameter group.
void set_learning_rate(torch::optim::Optimizer& optimiser, double lr);

}  // namespace carousel
