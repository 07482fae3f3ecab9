#include "carousel/flow/truncation.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/truncated.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

constexpr double degrees = 180.0 / 3.14159265358979323846;

/// dL/d(every recurrent parameter), in one vector.
Tensor gradient(RecurrentBase& module, const FollowedBatch& batch, std::int64_t k) {
  const auto loss = batch.loss(run_truncated(module, batch.rows, batch.initial, k).output);
  check_loss(loss);
  const auto parameters = module.parameters();
  const auto gradients = torch::autograd::grad({loss}, parameters, {}, {}, false, /*allow_unused=*/true);
  std::vector<Tensor> flat;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    flat.push_back((gradients[i].defined() ? gradients[i] : torch::zeros_like(parameters[i])).flatten());
  }
  return torch::cat(flat);
}

TruncationBias compare(std::int64_t k, const Tensor& cut, const Tensor& full) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const double of_cut = cut.norm().item<double>(), of_full = full.norm().item<double>();
  if (of_full == 0.0) return {k, unknown, unknown, unknown};
  if (of_cut == 0.0) return {k, unknown, unknown, 0.0};
  const auto a = cut / of_cut, b = full / of_full;
  // The root of the product, not the product of roots: equal vectors have a cosine of exactly 1.
  const double cosine =
      a.dot(b).item<double>() / std::sqrt(a.dot(a).item<double>() * b.dot(b).item<double>());
  const double angle = 2.0 * std::atan2((a - b).norm().item<double>(), (a + b).norm().item<double>());
  return {k, cosine, angle * degrees, of_cut / of_full};
}

}  // namespace

std::vector<TruncationBias> truncation_bias(RecurrentBase& module, const FollowedBatch& batch,
                                            const std::vector<std::int64_t>& segments) {
  const torch::AutoGradMode with_gradient(true);
  const auto full = gradient(module, batch, 0);
  std::vector<TruncationBias> biases;
  for (const std::int64_t k : segments) {
    if (k < 1) throw Error(fmt::format("truncation after {} steps: at least 1 is needed", k));
    biases.push_back(compare(k, gradient(module, batch, k), full));
  }
  return biases;
}

std::vector<std::int64_t> usual_segments(std::int64_t steps) {
  std::vector<std::int64_t> segments;
  for (std::int64_t decade = 1; decade < steps; decade *= 10) {
    for (const std::int64_t digit : {1, 2, 5}) {
      if (digit * decade < steps) segments.push_back(digit * decade);
    }
  }
  return segments;
}

}  // namespace carousel
