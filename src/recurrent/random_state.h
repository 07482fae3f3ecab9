// The state of torch's CPU random numbers: from it dropout and initialisation go on exactly. All threads of the
// process share it; both functions wait while another draws.
#pragma once

#include <mutex>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

namespace carousel {

inline torch::Tensor generator_state() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  return generator.get_state();
}

inline void set_generator_state(const torch::Tensor& state) {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

}  // namespace carousel
