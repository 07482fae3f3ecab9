#include "carousel/train/parameters.h"

#include <algorithm>

#include "carousel/torch.h"

namespace carousel {

std::vector<NamedParameter> parameters_once(const torch::nn::Module& module) {
  std::vector<NamedParameter> once;
  for (const auto& item : module.named_parameters()) {
    const auto is_same = [&](const NamedParameter& p) { return p.tensor.is_same(item.value()); };
    if (std::ranges::none_of(once, is_same)) once.push_back({item.key(), item.value()});
  }
  return once;
}

std::vector<torch::Tensor> parameter_tensors(const torch::nn::Module& module) {
  std::vector<torch::Tensor> tensors;
  for (auto& parameter : parameters_once(module)) tensors.push_back(std::move(parameter.tensor));
  return tensors;
}

std::vector<torch::Tensor> trainable_tensors(const torch::nn::Module& module) {
  auto tensors = parameter_tensors(module);
  std::erase_if(tensors, [](const torch::Tensor& tensor) { return !tensor.requires_grad(); });
  return tensors;
}

std::int64_t count_parameters(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const auto& parameter : parameters_once(module)) count += parameter.tensor.numel();
  return count;
}

}  // namespace carousel
