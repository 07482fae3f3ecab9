#include "train/finite.h"

#include "carousel/torch.h"

#include "train/array_loops.h"
#include "train/plain_entries.h"

namespace carousel {

bool all_finite(const torch::Tensor& tensor) {
  if (!tensor.defined()) return true;
  if (is_plain(tensor))
    return over_entries([](std::int64_t n, const auto* entries) { return all_finite(entries, n); }, tensor);
  return tensor.isfinite().all().item<bool>();
}

}  // namespace carousel
