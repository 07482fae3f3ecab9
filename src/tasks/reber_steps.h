// What the two tasks over the Reber grammar share: symbols as tensors, and which steps are predicted right.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <torch/types.h>

#include "carousel/data/reber.h"
#include "carousel/train/batch.h"

namespace carousel {

inline constexpr auto reber_symbols = static_cast<std::int64_t>(reber_alphabet.size());

/// Every symbol but the last as tokens [T], and for each the symbol that follows in column 0 and the mask of those that
/// may in column 1, [T, 2].
std::pair<torch::Tensor, torch::Tensor> reber_tensors(std::string_view symbols,
                                                      const std::vector<std::uint8_t>& next);

/// Whether the worst symbol that may follow scores above the best that may not, [T, B]: of output [T, B, 7] and a batch
/// whose target's column 1 is the mask.
torch::Tensor reber_steps_right(const torch::Tensor& output, const Batch& batch);

}  // namespace carousel
