#include "train/finite.h"

#include "carousel/torch.h"

#include "train/array_loops.h"

namespace carousel {

bool all_finite(const torch::Tensor& tensor) {
  if (!tensor.defined()) return true;
  if (tensor.layout() == torch::kStrided && tensor.is_cpu() && tensor.is_contiguous()) {
    if (tensor.scalar_type() == torch::kFloat)
      return all_finite(tensor.const_data_ptr<float>(), tensor.numel());
    if (tensor.scalar_type() == torch::kDouble)
      return all_finite(tensor.const_data_ptr<double>(), tensor.numel());
  }
  return tensor.isfinite().all().item<bool>();
}

}  // namespace carousel
