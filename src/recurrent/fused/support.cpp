// Which tensors the fused engine takes.
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/fused/fused_engine.h"
#include "carousel/torch.h"

#include "tensors.h"

namespace carousel::fused {

using torch::Tensor;

void check_dtypes(const std::vector<Tensor>& given) {
  const auto& weight = given[1];
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (i == 0 && given[i].scalar_type() == torch::kLong) continue;
    if (given[i].scalar_type() == weight.scalar_type() && given[i].device() == weight.device()) continue;
    throw Error(
        fmt::format("the {} is {} on {}, but the weights are {} on {}: convert one of them with .to()",
                    i == 0 ? "input" : "initial state or a weight", c10::toString(given[i].scalar_type()),
                    given[i].device().str(), c10::toString(weight.scalar_type()), weight.device().str()));
  }
}

Support supports(const Tensor& weight) {
  if (!weight.device().is_cpu()) return {false, "the weights are on " + weight.device().str()};
  if (weight.scalar_type() == torch::kFloat || weight.scalar_type() == torch::kDouble) return {};
  return {false, std::string("the weights are ") + c10::toString(weight.scalar_type())};
}

}  // namespace carousel::fused
