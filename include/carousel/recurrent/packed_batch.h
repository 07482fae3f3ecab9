// A batch of sequences as the engines see it: the rows of all time steps below one another.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace carousel {

/// Time-major rows. Step t has sizes[t] rows, sizes never grow, and row b of a step is sequence b: the
/// sequences are sorted by falling length, as torch's pack_padded_sequence leaves them. A padded batch [T, B,
/// .] is the case in which every size is B.
struct PackedBatch {
  /// [sum of sizes, features]; or int64 [sum of sizes], class numbers in [0, features): each stands for the
  /// one-hot row of its class, which an elementwise cell never makes.
  torch::Tensor data;
  std::vector<std::int64_t> sizes;  ///< T entries

  std::int64_t steps() const { return static_cast<std::int64_t>(sizes.size()); }
  std::int64_t sequences() const { return sizes.empty() ? 0 : sizes.front(); }
};

/// Whether rows are class numbers, which stand for one-hot rows.
inline bool are_classes(const torch::Tensor& rows) {
  return rows.dim() == 1 && rows.scalar_type() == torch::kInt64;
}

/// Class numbers [N] as one-hot rows [N, features] of the type that `options` name, for what cannot do
/// without; other rows as they are.
torch::Tensor dense_rows(const torch::Tensor& rows, std::int64_t features,
                         const torch::TensorOptions& options);

}  // namespace carousel
