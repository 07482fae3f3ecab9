#include "train/fused_optimisers.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>

#include "train/plain_entries.h"

namespace carousel {

using torch::Tensor;
using torch::optim::Optimizer;

namespace {

bool can_fuse(const Optimizer& optimiser) {
  for (const auto& group : optimiser.param_groups()) {
    for (const auto& parameter : group.params()) {
      const auto& gradient = parameter.grad();
      if (gradient.defined() && !(is_plain(parameter) && is_plain(gradient))) return false;
    }
  }
  return true;
}

/// What writes to a tensor's memory must say so itself: a graph that still needs the old values then refuses.
void note_change(const Tensor& parameter) {
  parameter.unsafeGetTensorImpl()->bump_version();
}

/// What torch's optimiser keeps of a parameter; made by `fresh` when the parameter has its first gradient.
template <class State, class Fresh>
State& state_of(Optimizer& optimiser, const Tensor& parameter, Fresh fresh) {
  auto& state = optimiser.state()[parameter.unsafeGetTensorImpl()];
  if (!state) {
    state = std::make_unique<State>();
    fresh(static_cast<State&>(*state));
  }
  return static_cast<State&>(*state);
}

/// The parameters of a group that have a gradient, one list a role, as torch's fused operations take them.
struct Lists {
  std::vector<Tensor> parameters, gradients, first, second, steps;

  void add(const Tensor& parameter) {
    note_change(parameter);
    parameters.push_back(parameter);
    gradients.push_back(parameter.grad());
  }
};

/// Adam and AdamW differ in the options' type and in the operation called.
template <class State, class Options, class Operation>
void adam_step(Optimizer& optimiser, Operation operation) {
  const torch::NoGradGuard no_grad;
  for (auto& group : optimiser.param_groups()) {
    Lists lists;
    for (const auto& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      lists.add(parameter);
      auto& state = state_of<State>(optimiser, parameter, [&](State& fresh) {
        fresh.exp_avg(torch::zeros_like(parameter));
        fresh.exp_avg_sq(torch::zeros_like(parameter));
      });
      state.step(state.step() + 1);
      lists.first.push_back(state.exp_avg());
      lists.second.push_back(state.exp_avg_sq());
      lists.steps.push_back(torch::scalar_tensor(state.step(), torch::kDouble));
    }
    const auto& o = static_cast<const Options&>(group.options());
    const auto [beta1, beta2] = o.betas();
    operation(lists.parameters, lists.gradients, lists.first, lists.second, at::TensorList(), lists.steps,
              o.lr(), beta1, beta2, o.weight_decay(), o.eps(), false, false);
  }
}

}  // namespace

Tensor FusedAdam::step(LossClosure closure) {
  if (closure || !can_fuse(*this)) return Adam::step(std::move(closure));
  adam_step<torch::optim::AdamParamState, torch::optim::AdamOptions>(
      *this, [](const auto&... arguments) { at::_fused_adam_(arguments...); });
  return {};
}

Tensor FusedAdamW::step(LossClosure closure) {
  if (closure || !can_fuse(*this)) return AdamW::step(std::move(closure));
  adam_step<torch::optim::AdamWParamState, torch::optim::AdamWOptions>(
      *this, [](const auto&... arguments) { at::_fused_adamw_(arguments...); });
  return {};
}

Tensor FusedSgd::step(LossClosure closure) {
  using State = torch::optim::SGDParamState;
  if (closure || !can_fuse(*this)) return SGD::step(std::move(closure));
  const torch::NoGradGuard no_grad;
  for (auto& group : param_groups()) {
    const auto& o = static_cast<const torch::optim::SGDOptions&>(group.options());
    Lists lists;
    for (const auto& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      lists.add(parameter);
      if (o.momentum() == 0.0) continue;
      // Momentum from zeros is, after the first step, the first gradient: what torch starts from.
      auto& state = state_of<State>(
          *this, parameter, [&](State& fresh) { fresh.momentum_buffer(torch::zeros_like(parameter)); });
      lists.first.push_back(state.momentum_buffer());
    }
    at::_fused_sgd_(lists.parameters, lists.gradients, lists.first, o.weight_decay(), o.momentum(), o.lr(),
                    /*dampening=*/0.0, /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false);
  }
  return {};
}

// RMSprop is Adam whose mean of gradients is the last gradient (beta1 = 0) and that has run for ever, so that
// no mean has a bias to correct.
Tensor FusedRmsprop::step(LossClosure closure) {
  using Options = torch::optim::RMSpropOptions;
  using State = torch::optim::RMSpropParamState;
  const bool has_momentum = std::ranges::any_of(param_groups(), [](const auto& group) {
    return static_cast<const Options&>(group.options()).momentum() > 0.0;
  });
  if (closure || has_momentum || !can_fuse(*this)) return RMSprop::step(std::move(closure));
  const torch::NoGradGuard no_grad;
  const auto for_ever = torch::scalar_tensor(INFINITY, torch::kDouble);
  for (auto& group : param_groups()) {
    const auto& o = static_cast<const Options&>(group.options());
    Lists lists;
    for (const auto& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      lists.add(parameter);
      auto& state = state_of<State>(*this, parameter,
                                    [&](State& fresh) { fresh.square_avg(torch::zeros_like(parameter)); });
      state.step(state.step() + 1);
      // The mean is written in the gradient's place, where it changes something only if a penalty was added.
      lists.first.push_back(o.weight_decay() > 0.0 ? parameter.grad().clone() : parameter.grad());
      lists.second.push_back(state.square_avg());
      lists.steps.push_back(for_ever);
    }
    at::_fused_adam_(lists.parameters, lists.gradients, lists.first, lists.second, at::TensorList(),
                     lists.steps, o.lr(), /*beta1=*/0.0, /*beta2=*/o.alpha(), o.weight_decay(), o.eps(),
                     /*amsgrad=*/false,
                     /*maximize=*/false);
  }
  return {};
}

}  // namespace carousel
