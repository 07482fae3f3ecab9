#include "train/optimiser_state.h"

#include <fmt/format.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>

#include "carousel/error.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;
using torch::optim::Optimizer;
using torch::optim::OptimizerParamState;

namespace {

namespace optim = torch::optim;

/// Adam's and AdamW's states have the same fields and no class in common.
template <class State> OptimiserFields adam_fields(State& state) {
  return {{{"exp_avg", &state.exp_avg()}, {"exp_avg_sq", &state.exp_avg_sq()}}, &state.step()};
}

/// An empty state as this optimiser makes them; null where it keeps nothing.
std::unique_ptr<OptimizerParamState> empty_state(const Optimizer& optimiser) {
  const auto& options = optimiser.param_groups().front().options();
  if (dynamic_cast<const optim::Adam*>(&optimiser)) return std::make_unique<optim::AdamParamState>();
  if (dynamic_cast<const optim::AdamW*>(&optimiser)) return std::make_unique<optim::AdamWParamState>();
  if (dynamic_cast<const optim::RMSprop*>(&optimiser)) return std::make_unique<optim::RMSpropParamState>();
  const bool keeps = static_cast<const optim::SGDOptions&>(options).momentum() > 0.0;
  return keeps ? std::make_unique<optim::SGDParamState>() : nullptr;
}

/// Whether a field of an empty state is one that this optimiser fills.
bool is_filled(const Optimizer& optimiser, std::string_view field) {
  if (!dynamic_cast<const optim::RMSprop*>(&optimiser) || field != "momentum_buffer") return true;
  const auto& options = optimiser.param_groups().front().options();
  return static_cast<const optim::RMSpropOptions&>(options).momentum() > 0.0;
}

std::string entry_name(const std::string& parameter, const char* field) {
  return fmt::format("{}.{}", parameter, field);
}

[[noreturn]] void refuse(const std::string& source, const std::string& why) {
  throw Error(fmt::format(
      "{} does not fit this training: {}; put another checkpoint of the run in its place, or start a new run",
      source, why));
}

/// Takes an entry out of what was read, so that what is left was not expected.
Tensor take(TensorMap& tensors, const std::string& name, const Tensor& like, const std::string& source) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) refuse(source, fmt::format("{} is missing", name));
  Tensor tensor = std::move(found->second);
  tensors.erase(found);
  if (tensor.sizes() != like.sizes() || tensor.scalar_type() != like.scalar_type()) {
    refuse(source, fmt::format("{} is {} {}, not {} {}", name, c10::toString(tensor.scalar_type()),
                               shape_text(tensor), c10::toString(like.scalar_type()), shape_text(like)));
  }
  return tensor;
}

bool has_entries(const TensorMap& tensors, const OptimiserFields& fields, const std::string& parameter) {
  for (const auto& [field, tensor] : fields.tensors) {
    if (tensors.contains(entry_name(parameter, field))) return true;
  }
  return fields.step && tensors.contains(entry_name(parameter, "step"));
}

}  // namespace

OptimiserFields fields_of(OptimizerParamState& state) {
  if (auto* adam = dynamic_cast<optim::AdamParamState*>(&state)) return adam_fields(*adam);
  if (auto* adamw = dynamic_cast<optim::AdamWParamState*>(&state)) return adam_fields(*adamw);
  if (auto* rmsprop = dynamic_cast<optim::RMSpropParamState*>(&state)) {
    return {{{"square_avg", &rmsprop->square_avg()}, {"momentum_buffer", &rmsprop->momentum_buffer()}},
            &rmsprop->step()};
  }
  return {{{"momentum_buffer", &dynamic_cast<optim::SGDParamState&>(state).momentum_buffer()}}, nullptr};
}

OptimizerParamState* find_state(Optimizer& optimiser, const Tensor& parameter) {
  const auto found = optimiser.state().find(parameter.unsafeGetTensorImpl());
  return found == optimiser.state().end() ? nullptr : found->second.get();
}

const char* optimiser_kind(const Optimizer& optimiser) {
  if (dynamic_cast<const optim::Adam*>(&optimiser)) return "adam";
  if (dynamic_cast<const optim::AdamW*>(&optimiser)) return "adamw";
  return dynamic_cast<const optim::RMSprop*>(&optimiser) ? "rmsprop" : "sgd";
}

TensorMap optimiser_state(Optimizer& optimiser, const std::vector<NamedParameter>& parameters) {
  TensorMap tensors;
  for (const auto& [name, parameter] : parameters) {
    auto* state = find_state(optimiser, parameter);
    if (!state) continue;
    const OptimiserFields fields = fields_of(*state);
    for (const auto& [field, tensor] : fields.tensors) {
      if (tensor->defined()) tensors[entry_name(name, field)] = *tensor;
    }
    if (fields.step) tensors[entry_name(name, "step")] = torch::scalar_tensor(*fields.step, torch::kLong);
  }
  return tensors;
}

OptimiserStates checked_optimiser_state(const Optimizer& optimiser,
                                        const std::vector<NamedParameter>& parameters, TensorMap tensors,
                                        const std::string& source) {
  OptimiserStates states;
  for (const auto& [name, parameter] : parameters) {
    auto state = empty_state(optimiser);
    if (!state) break;
    const OptimiserFields fields = fields_of(*state);
    if (!has_entries(tensors, fields, name)) continue;  // it had no gradient so far
    for (const auto& [field, tensor] : fields.tensors) {
      if (!is_filled(optimiser, field)) continue;
      *tensor = take(tensors, entry_name(name, field), parameter, source).to(parameter.device());
    }
    if (fields.step) {
      const std::string entry = entry_name(name, "step");
      *fields.step = take(tensors, entry, torch::empty({}, torch::kLong), source).item<std::int64_t>();
      if (*fields.step < 0) refuse(source, fmt::format("{} is {}, a count below 0", entry, *fields.step));
    }
    states.emplace_back(parameter, std::move(state));
  }
  if (!tensors.empty()) refuse(source, fmt::format("{} was not expected", tensors.begin()->first));
  return states;
}

void set_optimiser_state(Optimizer& optimiser, OptimiserStates states) {
  optimiser.state().clear();
  for (auto& [parameter, state] : states)
    optimiser.state()[parameter.unsafeGetTensorImpl()] = std::move(state);
}

}  // namespace carousel
