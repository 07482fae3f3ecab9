#include "carousel/flow/lyapunov.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

/// Where the directions start. All of them: the axes. A few: at random, so that no growing direction is
/// missed, and the same every time.
Tensor starting_directions(std::int64_t size, std::int64_t wanted) {
  if (wanted == size) return torch::eye(size, torch::kDouble);
  auto generator = at::detail::createCPUGenerator(1);
  return std::get<0>(torch::linalg_qr(torch::randn({size, wanted}, generator, torch::kDouble)));
}

/// ln |R[i, i]|, -infinity where R[i, i] is no more than the rounding of its column.
Tensor log_growth(const Tensor& r, const Tensor& columns) {
  const double rounding = static_cast<double>(columns.size(0)) * std::numeric_limits<double>::epsilon();
  const auto diagonal = r.diagonal().abs();
  const auto floor = torch::linalg_vector_norm(columns, 2, {0}) * rounding;
  return torch::where(diagonal > floor, diagonal.log(), -std::numeric_limits<double>::infinity());
}

}  // namespace

LyapunovSpectrum lyapunov_spectrum(const StepJacobians& jacobians, std::int64_t sequence,
                                   const LyapunovOptions& options) {
  const torch::NoGradGuard no_grad;
  const std::int64_t size = jacobians.size();
  const std::int64_t steps = jacobians.layer().lengths.at(static_cast<std::size_t>(sequence));
  if (options.warmup < 0 || options.warmup >= steps) {
    throw Error(fmt::format("a warm-up of {} steps leaves none of {}", options.warmup, steps));
  }
  if (options.largest < 0 || options.largest > size) {
    throw Error(fmt::format("{} Lyapunov exponents are wanted: there are {}", options.largest, size));
  }
  auto q = starting_directions(size, options.largest == 0 ? size : options.largest);
  auto growth = torch::zeros({q.size(1)}, torch::kDouble);
  for (std::int64_t t = 0; t < steps; ++t) {
    const auto columns = jacobians.times(t, sequence, q);
    Tensor r;
    std::tie(q, r) = torch::linalg_qr(columns);
    if (t >= options.warmup) growth += log_growth(r, columns);
  }
  growth = std::get<0>(growth.div(static_cast<double>(steps - options.warmup)).sort(0, /*descending=*/true));
  const auto* first = growth.contiguous().const_data_ptr<double>();
  return {steps - options.warmup, {first, first + growth.numel()}};
}

}  // namespace carousel
