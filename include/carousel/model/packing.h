// Sequences of different lengths: from padded tensors to the rows that the engines run, and back.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

#include "carousel/recurrent/packed_batch.h"

namespace carousel {

/// Where every row of a padded batch of T steps and B sequences goes. A batch without lengths keeps its order
/// and copies nothing.
class Packing {
 public:
  /// `lengths` is [B] int64 (or other whole numbers) on the CPU, or undefined when every sequence has T steps.
  /// Throws Error unless it holds B lengths from 1 to T.
  Packing(std::int64_t steps, std::int64_t sequences, const torch::Tensor& lengths);

  /// Rows of data at each step, sequences sorted by falling length: PackedBatch::sizes.
  const std::vector<std::int64_t>& sizes() const { return sizes_; }

  /// [T, B, ...] -> [sum of sizes, ...].
  torch::Tensor pack(const torch::Tensor& padded) const;

  /// [sum of sizes, K] -> [T, B, K], zero beyond the end of a sequence.
  torch::Tensor unpack(const torch::Tensor& rows) const;

  /// Which row is each sequence's first and last step, [B] in the batch's order.
  torch::Tensor first_rows() const;
  torch::Tensor last_rows() const;

  /// The rows of places t B + b of the padded batch, [P].
  torch::Tensor rows_of(const torch::Tensor& places) const;

  /// States [L D, B, H] in the batch's order -> in the order of the rows, and back. Throws Error where something
  /// moves and a state is not that of B sequences.
  std::vector<torch::Tensor> sort(const std::vector<torch::Tensor>& states) const;
  std::vector<torch::Tensor> restore(const std::vector<torch::Tensor>& states) const;

 private:
  std::int64_t steps_, sequences_;
  std::vector<std::int64_t> sizes_;
  torch::Tensor places_;    // [sum of sizes]: t B + b of each row; undefined when nothing moves
  torch::Tensor order_;     // [B]: the sequence at each place after sorting; undefined when nothing moves
  torch::Tensor position_;  // [B]: its inverse
};

}  // namespace carousel
