#include "carousel/model/row_embedding.h"

#include <fmt/format.h>
#include <torch/nn/modules/embedding.h>

#include "carousel/error.h"
#include "carousel/torch.h"

namespace carousel {
namespace {

void check_embedded(const TaskFacts& task) {
  std::int64_t from = 0;
  for (const auto& [first, count, size] : task.embedded) {
    if (first >= from && count > 0 && size > 0 && first <= task.input_size - count) {
      from = first + count;
      continue;
    }
    throw Error(
        fmt::format("{} embeds {} columns from {} on as {} numbers, of rows of {}: each must be in the row, "
                    "after the one before",
                    task.name, count, first, size, task.input_size));
  }
}

}  // namespace

std::int64_t embedded_width(const TaskFacts& task) {
  std::int64_t width = task.input_size;
  for (const auto& columns : task.embedded) width += columns.size - columns.count;
  return width;
}

RowEmbeddingImpl::RowEmbeddingImpl(const TaskFacts& task)
    : task_(task.name), features_(task.input_size), embedded_(task.embedded) {
  check_embedded(task);
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < embedded_.size(); ++i) {
    const auto lookup =
        register_module(fmt::format("{}", i), torch::nn::Embedding(embedded_[i].count, embedded_[i].size));
    lookup->weight[0].zero_();
  }
}

torch::Tensor RowEmbeddingImpl::forward(const torch::Tensor& rows) const {
  const auto weights = parameters();
  if (rows.size(-1) != features_ || rows.scalar_type() != weights.front().scalar_type()) {
    throw Error(fmt::format("the input of {} is {} with {} features a step, but the model reads {} of {}",
                            task_, c10::toString(rows.scalar_type()), rows.size(-1), features_,
                            c10::toString(weights.front().scalar_type())));
  }
  std::vector<torch::Tensor> parts;
  std::int64_t from = 0;
  const auto pass_up_to = [&](std::int64_t end) {
    if (end > from) parts.push_back(rows.narrow(-1, from, end - from));
  };
  for (std::size_t i = 0; i < embedded_.size(); ++i) {
    pass_up_to(embedded_[i].first);
    parts.push_back(rows.narrow(-1, embedded_[i].first, embedded_[i].count).matmul(weights[i]));
    from = embedded_[i].first + embedded_[i].count;
  }
  pass_up_to(features_);
  return torch::cat(parts, -1);
}

}  // namespace carousel
