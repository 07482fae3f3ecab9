// Whether a tensor holds numbers only, in one pass.
#pragma once

#include <torch/types.h>

namespace carousel {

/// Whether no entry is infinite or NaN. An undefined tensor has none.
bool all_finite(const torch::Tensor& tensor);

}  // namespace carousel
