// Classes that count as much as every other, however rare: of tasks over tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carousel/torch_forward.h"

namespace carousel {

/// n / (C n_c) of each of C classes with n_c examples, n in all, [C] in double; one without any is taken to have one.
torch::Tensor balanced_weights(const std::vector<std::int64_t>& counts);

/// What a loss that goes to Python looks like (Task::loss_form); `class_weights` may be undefined.
struct LossForm {
  std::string kind = "cross-entropy";
  std::vector<double> quantiles = {};
  bool difference = false;
  std::int64_t ahead = 0;  ///< steps at the end of the output that are answers; 0: all
};
std::string loss_form_text(const LossForm& form, const torch::Tensor& class_weights);

}  // namespace carousel
