#include "tasks/class_weights.h"

#include <nlohmann/json.hpp>

#include "carousel/tasks/batching.h"
#include "carousel/torch.h"

namespace carousel {

torch::Tensor balanced_weights(const std::vector<std::int64_t>& counts) {
  const auto all = copy_of(counts, {std::ssize(counts)}).to(torch::kDouble);
  return all.sum() / (static_cast<double>(all.numel()) * all.clamp_min(1.0));
}

std::string loss_form_text(const LossForm& form, const torch::Tensor& class_weights) {
  nlohmann::json json{{"kind", form.kind},
                      {"quantiles", form.quantiles},
                      {"difference", form.difference},
                      {"ahead", form.ahead},
                      {"class_weights", nullptr}};
  if (class_weights.defined()) {
    const double* first = class_weights.const_data_ptr<double>();
    json["class_weights"] = std::vector<double>(first, first + class_weights.numel());
  }
  return json.dump();
}

}  // namespace carousel
