#include "carousel/recurrent/recurrent_base.h"
#include "carousel/torch.h"

namespace carousel {

LayerWeights RecurrentBase::register_weights(LayerId id) {
  const auto gates = static_cast<std::int64_t>(facts_.gates.size()), hidden = options.hidden_size(),
             rows = gates * hidden, projected = options.proj_size();
  const auto add = [&](const std::string& name, at::IntArrayRef shape) {
    return register_parameter(name + suffix(id), torch::empty(shape));
  };
  LayerWeights weights;
  weights.weight_ih = add("weight_ih", {rows, input_size(id.layer)});
  auto recurrent = options.recurrence()->shape(gates, hidden);
  if (projected > 0) recurrent = {rows, projected};
  if (!recurrent.empty()) weights.weight_hh = add("weight_hh", recurrent);
  if (options.bias()) {
    weights.bias_ih = add("bias_ih", {rows});
    weights.bias_hh = add("bias_hh", {rows});
  }
  if (projected > 0) weights.weight_hr = add("weight_hr", {projected, hidden});
  for (const char* vector : facts_.vectors) weights.vectors.push_back(add(vector, {hidden}));
  return weights;
}

}  // namespace carousel
