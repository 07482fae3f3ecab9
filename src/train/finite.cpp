#include "train/finite.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "carousel/torch.h"

namespace carousel {

namespace {

/// An entry times 0 is 0, but for infinity and NaN, which stay in the sum. Lanes side by side, as one sum must
/// not be reordered and so would not be vectorised.
template <class Real> bool all_finite(const Real* entries, std::int64_t n) {
  constexpr std::int64_t lanes = 16;
  std::array<Real, lanes> zeros{};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane)
      zeros[lane] += entries[i + static_cast<std::int64_t>(lane)] * Real(0);
  }
  for (; i < n; ++i) zeros[0] += entries[i] * Real(0);
  return std::ranges::all_of(zeros, [](Real sum) { return sum == Real(0); });
}

}  // namespace

bool all_finite(const torch::Tensor& tensor) {
  if (!tensor.defined()) return true;
  if (tensor.layout() == torch::kStrided && tensor.is_cpu() && tensor.is_contiguous()) {
    if (tensor.scalar_type() == torch::kFloat)
      return all_finite(tensor.const_data_ptr<float>(), tensor.numel());
    if (tensor.scalar_type() == torch::kDouble)
      return all_finite(tensor.const_data_ptr<double>(), tensor.numel());
  }
  return tensor.isfinite().all().item<bool>();
}

}  // namespace carousel
