#include "train/step_guard.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "carousel/torch.h"
#include "carousel/train/optimiser.h"

#include "train/array_loops.h"
#include "train/finite.h"
#include "train/optimiser_state.h"
#include "train/plain_entries.h"

namespace carousel {

using torch::Tensor;

namespace {

Squares change_of(const Tensor& now, const Tensor& before) {
  const auto squares = [](std::int64_t n, const auto* entries, const auto* old) {
    return squares_of(entries, old, n);
  };
  if (is_plain(now) && is_plain(before)) return over_entries(squares, now, before);
  const auto square = [](const Tensor& t) { return t.square().sum(torch::kDouble).item<double>(); };
  return {.update = square(now - before), .weight = square(before)};
}

/// Copies into memory that is kept, where there is any.
void remember(Tensor& copy, const Tensor& tensor) {
  if (!tensor.defined()) {
    copy = Tensor();
  } else if (copy.defined()) {
    copy.copy_(tensor);
  } else {
    copy = tensor.clone();
  }
}

}  // namespace

StepGuard::StepGuard(const std::vector<NamedParameter>& parameters, torch::optim::Optimizer& optimiser)
    : optimiser_(optimiser) {
  for (const auto& [name, parameter] : parameters)
    watched_.push_back({.name = name, .parameter = parameter, .weight = {}, .before = {}, .state = {}});
}

std::optional<std::string> StepGuard::step(double rate) {
  // torch refuses a rate that the weights' type cannot hold in the middle of a step.
  const bool is_double = watched_.front().parameter.scalar_type() == torch::kDouble;
  if (!is_double && rate > std::numeric_limits<float>::max()) return watched_.front().name;
  set_learning_rate(optimiser_, rate);
  remember_all();
  optimiser_.step();
  auto name = broken();
  if (name) take_back();
  return name;
}

void StepGuard::remember_all() {
  const torch::NoGradGuard no_grad;
  for (auto& watched : watched_) {
    watched.weight = watched.parameter.detach();
    remember(watched.before, watched.weight);
    auto* state = find_state(optimiser_, watched.parameter);
    watched.has_state = state != nullptr;
    if (!state) continue;
    const OptimiserFields fields = fields_of(*state);
    watched.state.resize(fields.tensors.size());
    for (std::size_t f = 0; f < fields.tensors.size(); ++f)
      remember(watched.state[f], *fields.tensors[f].second);
    if (fields.step) watched.step = *fields.step;
  }
}

std::optional<std::string> StepGuard::broken() const {
  for (const auto& watched : watched_) {
    if (!all_finite(watched.weight)) return watched.name;
    auto* state = find_state(optimiser_, watched.parameter);
    if (!state) continue;
    for (const auto& [field, tensor] : fields_of(*state).tensors) {
      if (!all_finite(*tensor)) return watched.name;
    }
  }
  return {};
}

void StepGuard::take_back() {
  const torch::NoGradGuard no_grad;
  for (auto& watched : watched_) {
    watched.weight.copy_(watched.before);
    auto* state = find_state(optimiser_, watched.parameter);
    if (!state) continue;
    if (!watched.has_state) {
      optimiser_.state().erase(watched.parameter.unsafeGetTensorImpl());
      continue;
    }
    const OptimiserFields fields = fields_of(*state);
    for (std::size_t f = 0; f < fields.tensors.size(); ++f) {
      if (watched.state[f].defined()) fields.tensors[f].second->copy_(watched.state[f]);
    }
    if (fields.step) *fields.step = watched.step;
  }
}

void StepGuard::measure(std::vector<ParameterFlow>& parameters) const {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : parameters) {
    const auto found = std::ranges::find(watched_, parameter.name, &Watched::name);
    if (found == watched_.end()) continue;
    const Squares squares = change_of(found->weight, found->before);
    parameter.update_norm = std::sqrt(squares.update);
    parameter.weight_norm = std::sqrt(squares.weight);
  }
}

}  // namespace carousel
