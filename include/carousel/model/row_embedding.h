// Categories among the numbers of a row, as learned vectors.
//
//   row (x, one-hot [C], y, ...) -> (x, one-hot W, y, ...)      W [C, N] of each category, named 0.weight, 1.weight, ...
//
// One-hot times W is the row of W that a lookup gives, and so is its gradient. So batches stay as a table's schema says, one-hot,
// and whatever reads or changes inputs (windows, importance, streams) needs to know nothing of embeddings; and a row without
// a 1, such as one to come whose category is not known, reads zeros.
#pragma once

#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "carousel/train/task_facts.h"

namespace carousel {

/// Numbers of a row after it: `input_size`, with `size` in place of `count` of each that is embedded.
std::int64_t embedded_width(const TaskFacts& task);

class RowEmbeddingImpl : public torch::nn::Module {
 public:
  /// Draws each W as torch's nn.Embedding does, in their order, and sets its first row to 0: what training did not see adds
  /// nothing. Throws Error for columns that overlap, or lie beyond the row.
  RowEmbeddingImpl(const TaskFacts& task);  // NOLINT: a holder makes it of its arguments

  /// [..., input_size] -> [..., embedded_width]. Throws Error for rows of another width or type than the weights'.
  torch::Tensor forward(const torch::Tensor& rows) const;

 private:
  std::string task_;
  std::int64_t features_;
  std::vector<EmbeddedColumns> embedded_;
};
TORCH_MODULE(RowEmbedding);

}  // namespace carousel
