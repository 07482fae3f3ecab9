// What W_hh does with h on tensors, for every recurrence; the shape of the tensor says which it is.
#pragma once

#include <torch/types.h>

#include "carousel/cells/recurrence.h"

namespace carousel {

/// Of a weight_hh: undefined is none, one dimension diagonal, three are heads.
Recurrence recurrence_of(const torch::Tensor& weight_hh);

/// W_hh h: h [B, H] -> [B, G H]; undefined where there is no recurrence.
torch::Tensor recurrent_product(const torch::Tensor& weight_hh, const torch::Tensor& h);

/// The same W_hh written out, [G H, H], with zeros where it has no entry; `like` gives its type where it is undefined.
torch::Tensor dense_recurrent(const torch::Tensor& weight_hh, const torch::Tensor& like, std::int64_t gates,
                              std::int64_t hidden);

/// The parts of a gate's block of W_hh that are matrices of their own: one [H, H], n [d, d], or the diagonal [H]; views.
std::vector<torch::Tensor> recurrent_blocks(const torch::Tensor& weight_hh, std::int64_t gate,
                                            std::int64_t hidden);

}  // namespace carousel
