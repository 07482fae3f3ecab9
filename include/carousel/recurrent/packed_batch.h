// A batch of sequences as the engines see it: the rows of all time steps below one another.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <torch/types.h>

namespace carousel {

/// Time-major rows. Step t has sizes[t] rows, sizes never grow, and row b of a step is sequence b: the
/// sequences are sorted by falling length, as torch's pack_padded_sequence leaves them. A padded batch [T, B,
/// .] is the case in which every size is B.
struct PackedBatch {
  /// [sum of sizes, features] of the weights' dtype; or whole numbers [sum of sizes], class numbers in
  /// [0, features): each stands for the one-hot row of its class, which an elementwise cell never makes. Shape
  /// and dtype together say which: whole numbers *with* a feature dimension are refused, as torch does, and no
  /// number stands for padding (a packed batch has no row for it).
  torch::Tensor data;
  std::vector<std::int64_t> sizes;  ///< T entries of at least 1; all 0 for a batch of no sequences
  /// [sum of sizes] bool: before these rows' steps the states are start(B) again, and no gradient goes back across. A
  /// reverse direction, which comes from the other side, begins anew behind them. Undefined for none.
  torch::Tensor resets = {};

  std::int64_t steps() const { return static_cast<std::int64_t>(sizes.size()); }
  std::int64_t sequences() const { return sizes.empty() ? 0 : sizes.front(); }
};

/// Whether rows are class numbers, which stand for one-hot rows: whole numbers without a feature dimension.
inline bool are_classes(const torch::Tensor& rows) {
  return rows.dim() == 1 && c10::isIntegralType(rows.scalar_type(), /*includeBool=*/false);
}
/// The same for a padded input, [T, B] or [B, T].
inline bool are_padded_classes(const torch::Tensor& input) {
  return input.dim() == 2 && c10::isIntegralType(input.scalar_type(), /*includeBool=*/false);
}

/// The class numbers as int64. Throws Error for one outside [0, count); `owner` is whose input they are.
torch::Tensor checked_classes(const torch::Tensor& rows, std::int64_t count, std::string_view owner);

/// The batch's resets as a direction meets them: for each row whether its step begins anew. Those of a reverse
/// direction lie one step earlier.
torch::Tensor resets_of(const PackedBatch& batch, bool reverse);

/// Throws Error unless the resets are one bool a row; undefined is none.
void check_resets(const torch::Tensor& resets, std::int64_t rows, std::string_view owner);

/// [sum of sizes] indices of the rows at which each sequence ends, [B].
torch::Tensor last_rows(const std::vector<std::int64_t>& sizes);

/// Throws Error unless the sizes are those of sequences sorted by falling length, and add up to the rows.
void check_sizes(const PackedBatch& batch);

/// Class numbers [N] as one-hot rows [N, features] of the type that `options` name, for what cannot do
/// without; other rows as they are.
torch::Tensor dense_rows(const torch::Tensor& rows, std::int64_t features,
                         const torch::TensorOptions& options);

}  // namespace carousel
