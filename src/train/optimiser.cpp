#include "carousel/train/optimiser.h"

#include <fmt/format.h>

#include "carousel/error.h"

#include "train/fused_optimisers.h"

namespace carousel {

namespace {

void in_range(const char* option, double value, bool ok, const char* range) {
  if (!ok) throw Error(fmt::format("--{} is {}: it must be {}", option, value, range));
}

void check(const OptimiserOptions& o) {
  in_range("lr", o.lr, o.lr >= 0.0, "at least 0");
  in_range("momentum", o.momentum, o.momentum >= 0.0, "at least 0");
  in_range("rmsprop-alpha", o.alpha, o.alpha >= 0.0 && o.alpha < 1.0, "at least 0 and below 1");
  in_range("beta1", o.beta1, o.beta1 >= 0.0 && o.beta1 < 1.0, "at least 0 and below 1");
  in_range("beta2", o.beta2, o.beta2 >= 0.0 && o.beta2 < 1.0, "at least 0 and below 1");
  in_range("eps", o.eps, o.eps >= 0.0, "at least 0");
  in_range("weight-decay", weight_decay_of(o), weight_decay_of(o) >= 0.0, "at least 0");
}

}  // namespace

double weight_decay_of(const OptimiserOptions& options) {
  return options.weight_decay.value_or(options.kind == OptimiserKind::adamw ? 0.01 : 0.0);
}

std::unique_ptr<torch::optim::Optimizer> make_optimiser(const OptimiserOptions& o,
                                                        std::vector<torch::Tensor> parameters) {
  namespace optim = torch::optim;
  check(o);
  const auto betas = std::make_tuple(o.beta1, o.beta2);
  const double decay = weight_decay_of(o);
  switch (o.kind) {
    case OptimiserKind::sgd:
      return std::make_unique<FusedSgd>(std::move(parameters),
                                        optim::SGDOptions(o.lr).momentum(o.momentum).weight_decay(decay));
    case OptimiserKind::rmsprop:
      return std::make_unique<FusedRmsprop>(
          std::move(parameters),
          optim::RMSpropOptions(o.lr).alpha(o.alpha).eps(o.eps).momentum(o.momentum).weight_decay(decay));
    case OptimiserKind::adam:
      return std::make_unique<FusedAdam>(
          std::move(parameters), optim::AdamOptions(o.lr).betas(betas).eps(o.eps).weight_decay(decay));
    case OptimiserKind::adamw:
      return std::make_unique<FusedAdamW>(
          std::move(parameters), optim::AdamWOptions(o.lr).betas(betas).eps(o.eps).weight_decay(decay));
  }
  throw std::logic_error("unreachable: an optimiser kind without a case");
}

void set_learning_rate(torch::optim::Optimizer& optimiser, double lr) {
  for (auto& group : optimiser.param_groups()) group.options().set_lr(lr);
}

}  // namespace carousel
