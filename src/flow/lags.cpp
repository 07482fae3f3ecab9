#include "carousel/flow/lags.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

/// The gradient of W_hh, [G, H, H], from that of the recurrent projections [G, n, B, H] and h before them.
Tensor weight_gradient(const Tensor& gates, const Tensor& h_before) {
  const std::int64_t hidden = gates.size(3);
  const auto rows = gates.view({gates.size(0), -1, hidden});
  return torch::matmul(rows.transpose(1, 2), h_before.reshape({-1, hidden}));
}

}  // namespace

LagProfile lag_profile(const StepJacobians& jacobians, std::int64_t steps) {
  if (!jacobians.elementwise()) {
    throw Error("lags need a cell with an elementwise step: its gradient is followed step by step");
  }
  if (steps < 1) throw Error(fmt::format("lags over {} steps: at least 1 is needed", steps));
  const torch::NoGradGuard no_grad;
  const auto& layer = jacobians.layer();
  const std::int64_t last = layer.steps(), first = std::max<std::int64_t>(0, last - steps);
  const auto& h = layer.states.front();

  // Row i of `error`: where the error of step first + i + lag is now, at the states after step first + i.
  const auto window = layer.entering.narrow(0, first, last - first);
  auto error = torch::zeros(
      {static_cast<std::int64_t>(layer.states.size()), last - first, layer.sequences(), layer.hidden()},
      torch::kDouble);
  error[0] = window;
  LagProfile profile;
  std::vector<double> norms;
  for (std::int64_t lag = 0; lag < last - first; ++lag) {
    const std::int64_t rows = last - first - lag;
    const auto pulled = jacobians.pull_back(first, error);
    auto part = weight_gradient(pulled.gates, h.narrow(0, first, rows));
    if (jacobians.structure().defined()) part *= jacobians.structure();
    profile.total = profile.total.defined() ? profile.total + part : part;
    norms.push_back(part.norm().item<double>());
    error = pulled.previous.narrow(1, 1, rows - 1).contiguous();
  }
  profile.total = profile.total.flatten(0, 1);
  const double sum = std::accumulate(norms.begin(), norms.end(), 0.0);
  for (const double norm : norms) {
    profile.log10_norm.push_back(std::log10(norm));
    profile.share.push_back(sum > 0.0 ? norm / sum : 0.0);
  }
  return profile;
}

}  // namespace carousel
