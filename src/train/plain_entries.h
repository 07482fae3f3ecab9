// Tensors whose entries a loop of our own can run over.
#pragma once

#include <torch/types.h>

namespace carousel {

/// Whether the entries lie one after the other in the CPU's memory, as float or double.
inline bool is_plain(const torch::Tensor& tensor) {
  return tensor.layout() == torch::kStrided && tensor.is_cpu() && tensor.is_contiguous() &&
         (tensor.scalar_type() == torch::kFloat || tensor.scalar_type() == torch::kDouble);
}

/// What `loop` makes of the number of entries and of where each of the tensors' begin; they are plain, and of one
/// type and size.
template <class Loop, class... More>
auto over_entries(Loop loop, const torch::Tensor& tensor, const More&... more) {
  if (tensor.scalar_type() == torch::kFloat)
    return loop(tensor.numel(), tensor.const_data_ptr<float>(), more.template const_data_ptr<float>()...);
  return loop(tensor.numel(), tensor.const_data_ptr<double>(), more.template const_data_ptr<double>()...);
}

}  // namespace carousel
