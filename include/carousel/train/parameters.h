// A module's parameters, each tensor once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "carousel/torch_forward.h"

namespace carousel {

struct NamedParameter {
  std::string name;
  torch::Tensor tensor;
};

/// The parameters in the order of named_parameters(). A tensor that several names share (tied weights) comes
/// once, under the first of them, as Python lists it: C++'s named_parameters() has it under each, and whoever
/// sums, clips or steps over those counts it twice.
std::vector<NamedParameter> parameters_once(const torch::nn::Module& module);

/// Their tensors alone.
std::vector<torch::Tensor> parameter_tensors(const torch::nn::Module& module);

/// Those of them that are not frozen.
std::vector<torch::Tensor> trainable_tensors(const torch::nn::Module& module);

/// Entries of all parameters together.
std::int64_t count_parameters(const torch::nn::Module& module);

}  // namespace carousel
