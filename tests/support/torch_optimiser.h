// The optimisers as torch's own classes run them: what ours are held against.
#pragma once

#include <memory>
#include <vector>

#include <torch/torch.h>

#include "carousel/train/optimiser.h"

namespace carousel::testing {

inline std::unique_ptr<torch::optim::Optimizer> torchs_own_optimiser(const OptimiserOptions& o,
                                                                     std::vector<torch::Tensor> parameters) {
  using namespace torch::optim;
  const auto betas = std::make_tuple(o.beta1, o.beta2);
  const double torchs = o.kind == OptimiserKind::adamw ? AdamWOptions().weight_decay() : 0.0;
  const double decay = o.weight_decay.value_or(torchs);
  switch (o.kind) {
    case OptimiserKind::sgd:
      return std::make_unique<SGD>(std::move(parameters),
                                   SGDOptions(o.lr).momentum(o.momentum).weight_decay(decay));
    case OptimiserKind::rmsprop:
      return std::make_unique<RMSprop>(
          std::move(parameters),
          RMSpropOptions(o.lr).alpha(o.alpha).eps(o.eps).momentum(o.momentum).weight_decay(decay));
    case OptimiserKind::adam:
      return std::make_unique<Adam>(std::move(parameters),
                                    AdamOptions(o.lr).betas(betas).eps(o.eps).weight_decay(decay));
    case OptimiserKind::adamw:
      return std::make_unique<AdamW>(std::move(parameters),
                                     AdamWOptions(o.lr).betas(betas).eps(o.eps).weight_decay(decay));
  }
  return {};
}

}  // namespace carousel::testing
