#include "carousel/recurrent/packed_batch.h"

namespace carousel {

torch::Tensor dense_rows(const torch::Tensor& rows, std::int64_t features,
                         const torch::TensorOptions& options) {
  if (!are_classes(rows)) return rows;
  return torch::zeros({rows.size(0), features}, options).scatter_(1, rows.unsqueeze(1), 1.0);
}

}  // namespace carousel
