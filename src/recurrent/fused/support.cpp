// Which tensors the fused engine takes.
#include "carousel/recurrent/fused/fused_engine.h"

namespace carousel::fused {

using torch::Tensor;

Support supports(const Tensor& weight) {
  if (!weight.device().is_cpu()) return {false, "the weights are on " + weight.device().str()};
  if (weight.scalar_type() == torch::kFloat || weight.scalar_type() == torch::kDouble) return {};
  return {false, std::string("the weights are ") + c10::toString(weight.scalar_type())};
}

}  // namespace carousel::fused
