#include "train/update_size.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace carousel {

using torch::Tensor;

namespace {

struct Squares {
  double update = 0.0, weight = 0.0;
};

/// One pass. A block is summed in the weights' own type, which is several times faster than in double and
/// exact enough for so few entries; lanes side by side, as one sum must not be reordered.
template <class Real> Squares squares_of(const Real* now, const Real* before, std::int64_t n) {
  constexpr std::int64_t lanes = 16, block = 64 * lanes;
  Squares squares;
  for (std::int64_t first = 0; first < n; first += block) {
    std::array<Real, lanes> update{}, weight{};
    const std::int64_t end = std::min(first + block, n), whole = first + (end - first) / lanes * lanes;
    const auto add = [&](std::int64_t i, std::size_t lane) {
      const Real change = now[i] - before[i];
      update[lane] += change * change;
      weight[lane] += before[i] * before[i];
    };
    for (std::int64_t i = first; i < whole; i += lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) add(i + static_cast<std::int64_t>(lane), lane);
    }
    for (std::int64_t i = whole; i < end; ++i) add(i, 0);
    for (const Real sum : update) squares.update += static_cast<double>(sum);
    for (const Real sum : weight) squares.weight += static_cast<double>(sum);
  }
  return squares;
}

Squares squares_of(const Tensor& now, const Tensor& before) {
  if (now.is_cpu() && now.is_contiguous() && before.is_contiguous()) {
    if (now.scalar_type() == torch::kFloat)
      return squares_of(now.const_data_ptr<float>(), before.const_data_ptr<float>(), now.numel());
    if (now.scalar_type() == torch::kDouble)
      return squares_of(now.const_data_ptr<double>(), before.const_data_ptr<double>(), now.numel());
  }
  const auto square = [](const Tensor& t) { return t.square().sum(torch::kDouble).item<double>(); };
  return {.update = square(now - before), .weight = square(before)};
}

}  // namespace

void UpdateSize::before(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  if (watched_.empty()) {
    for (const auto& parameter : module.named_parameters()) {
      const auto weight = parameter.value().detach();
      watched_.push_back({parameter.key(), weight, torch::empty_like(weight)});
    }
  }
  for (auto& [name, weight, before] : watched_) before.copy_(weight);
}

void UpdateSize::after(std::vector<ParameterFlow>& parameters) const {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : parameters) {
    const auto found = std::ranges::find(watched_, parameter.name, &Watched::name);
    if (found == watched_.end()) continue;
    const Squares squares = squares_of(found->weight, found->before);
    parameter.update_norm = std::sqrt(squares.update);
    parameter.weight_norm = std::sqrt(squares.weight);
  }
}

}  // namespace carousel
