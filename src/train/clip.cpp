#include "carousel/train/clip.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/nn/utils/clip_grad.h>

#include "carousel/error.h"

namespace carousel {

namespace {

double norm_of(const torch::Tensor& gradient) {
  return gradient.norm(2, at::IntArrayRef{}, false, torch::kDouble).item<double>();
}

}  // namespace

void check(const ClipOptions& options) {
  if (options.mode == ClipMode::report) return;
  if (!(options.limit > 0.0)) {
    throw Error(fmt::format(
        "the clipping limit is {}: it must be above 0 (clip mode report turns clipping off)", options.limit));
  }
}

ClipReport clip_gradients(torch::nn::Module& module, const ClipOptions& options) {
  const torch::NoGradGuard no_grad;
  ClipReport report;
  std::vector<torch::Tensor> clippable;
  double squares = 0.0;
  for (const auto& parameter : module.named_parameters()) {
    const auto& gradient = parameter.value().grad();
    if (!gradient.defined()) continue;
    const double norm = norm_of(gradient);
    report.parameters.push_back({parameter.key(), norm, std::isfinite(norm)});
    if (!std::isfinite(norm) && report.first_non_finite.empty()) report.first_non_finite = parameter.key();
    squares += norm * norm;
    clippable.push_back(parameter.value());
  }
  report.norm_before = report.norm_after = std::sqrt(squares);
  if (!report.finite() || clippable.empty() || options.mode == ClipMode::report) return report;

  if (options.mode == ClipMode::norm) {
    const double norm = torch::nn::utils::clip_grad_norm_(clippable, options.limit);
    report.norm_after =
        report.norm_before * std::min(1.0, options.limit / (norm + 1e-6));  // torch's coefficient
  } else {
    torch::nn::utils::clip_grad_value_(clippable, options.limit);
    squares = 0.0;
    for (const auto& parameter : clippable) squares += std::pow(norm_of(parameter.grad()), 2);
    report.norm_after = std::sqrt(squares);
  }
  report.clipped = report.norm_after < report.norm_before;
  if (report.clipped) report.coefficient = report.norm_after / report.norm_before;
  return report;
}

}  // namespace carousel
