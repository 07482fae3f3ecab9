// What torch's optimisers keep of every parameter, by name: to save it, to check what is loaded, and to take a step back.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <torch/optim/optimizer.h>

#include "carousel/train/parameters.h"
#include "carousel/train/state_dict.h"

namespace carousel {

/// The fields of one parameter's state, as torch names them. They point into it.
struct OptimiserFields {
  std::vector<std::pair<const char*, torch::Tensor*>> tensors;  ///< each of the parameter's shape
  std::int64_t* step = nullptr;                                 ///< updates counted; null: not counted
};
OptimiserFields fields_of(torch::optim::OptimizerParamState& state);

/// The state of a parameter; null before its first gradient.
torch::optim::OptimizerParamState* find_state(torch::optim::Optimizer& optimiser,
                                              const torch::Tensor& parameter);

/// "adam", as --optimiser has it.
const char* optimiser_kind(const torch::optim::Optimizer& optimiser);

/// The whole state under "<parameter>.<field>": "head.weight.exp_avg" of the parameter's shape and type,
/// "head.weight.step" a single int64. A parameter without a gradient so far has no entries.
TensorMap optimiser_state(torch::optim::Optimizer& optimiser, const std::vector<NamedParameter>& parameters);

/// A state read from `source`, checked against the optimiser and its parameters and ready to be put in place.
/// Throws Error that names the entry which is missing, unexpected, or of another shape or type.
using OptimiserStates =
    std::vector<std::pair<torch::Tensor, std::unique_ptr<torch::optim::OptimizerParamState>>>;
OptimiserStates checked_optimiser_state(const torch::optim::Optimizer& optimiser,
                                        const std::vector<NamedParameter>& parameters, TensorMap tensors,
                                        const std::string& source);

/// Replaces all the optimiser keeps.
void set_optimiser_state(torch::optim::Optimizer& optimiser, OptimiserStates states);

}  // namespace carousel
