#include "carousel/train/clip.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/_foreach_clamp_max.h>
#include <ATen/ops/_foreach_clamp_min.h>
#include <ATen/ops/_foreach_mul.h>
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"
#include "carousel/train/parameters.h"

#include "train/array_loops.h"
#include "train/plain_entries.h"

namespace carousel {

namespace {

ArraySize entries_size(const torch::Tensor& gradient) {
  if (is_plain(gradient))
    return over_entries([](std::int64_t n, const auto* entries) { return size_of(entries, n); }, gradient);
  const double norm = gradient.norm(2, at::IntArrayRef{}, false, torch::kDouble).item<double>();
  return {.squares = norm * norm, .largest = INFINITY};
}

/// What the gradients are and how large, in one pass over them.
struct Measured {
  std::vector<torch::Tensor> gradients;
  double squares = 0.0, largest = 0.0;

  double norm() const { return std::sqrt(squares); }
};

/// The entries of a parameter's gradient, to be changed in place. A sparse gradient may list a row several
/// times: only once those are added up are its values the gradient's entries.
torch::Tensor entries_of(torch::Tensor parameter) {
  auto& gradient = parameter.mutable_grad();
  if (!gradient.defined() || gradient.layout() != torch::kSparse) return gradient;
  gradient = gradient.coalesce();
  return gradient._values();
}

Measured measure(torch::nn::Module& module, ClipReport& report) {
  Measured all;
  for (const auto& [name, parameter] : parameters_once(module)) {
    const auto gradient = entries_of(parameter);
    if (!gradient.defined()) continue;
    const ArraySize size = entries_size(gradient);
    const bool finite = std::isfinite(size.squares);
    report.parameters.push_back({name, std::sqrt(size.squares), finite});
    if (!finite && report.first_non_finite.empty()) report.first_non_finite = name;
    all.squares += size.squares;
    all.largest = std::max(all.largest, size.largest);
    all.gradients.push_back(gradient);
  }
  return all;
}

double clip_norm(const Measured& all, double limit) {
  const double coefficient = limit / (all.norm() + 1e-6);  // torch's
  if (coefficient >= 1.0) return all.norm();
  at::_foreach_mul_(all.gradients, coefficient);
  return all.norm() * coefficient;
}

double clip_value(const Measured& all, double limit) {
  if (all.largest <= limit) return all.norm();
  at::_foreach_clamp_min_(all.gradients, -limit);
  at::_foreach_clamp_max_(all.gradients, limit);
  double squares = 0.0;
  for (const auto& gradient : all.gradients) squares += entries_size(gradient).squares;
  return std::sqrt(squares);
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
  const Measured all = measure(module, report);
  report.norm_before = report.norm_after = all.norm();
  if (!report.finite() || all.gradients.empty() || options.mode == ClipMode::report) return report;

  const bool by_norm = options.mode == ClipMode::norm;
  report.norm_after = by_norm ? clip_norm(all, options.limit) : clip_value(all, options.limit);
  // Not by the norm having fallen: torch's coefficient lowers one a hair below the limit as well.
  report.clipped = by_norm ? all.norm() > options.limit : report.norm_after < report.norm_before;
  if (report.norm_after < report.norm_before) report.coefficient = report.norm_after / report.norm_before;
  return report;
}

}  // namespace carousel
