// The state of torch's CPU random numbers: from it dropout and initialisation go on exactly.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

namespace carousel {

inline torch::Tensor generator_state() {
  return torch::Generator(at::detail::getDefaultCPUGenerator()).get_state();
}

inline void set_generator_state(const torch::Tensor& state) {
  torch::Generator(at::detail::getDefaultCPUGenerator()).set_state(state);
}

}  // namespace carousel
