#include "carousel/flow/spectrum.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "carousel/recurrent/recurrent_product.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

std::vector<std::complex<double>> eigenvalues_of(const Tensor& matrix) {
  const auto parts = torch::view_as_real(torch::linalg_eigvals(matrix)).contiguous();
  const auto* value = parts.const_data_ptr<double>();
  std::vector<std::complex<double>> eigenvalues;
  for (std::int64_t i = 0; i < matrix.size(0); ++i) eigenvalues.emplace_back(value[2 * i], value[2 * i + 1]);
  std::ranges::stable_sort(eigenvalues, std::greater{}, [](const auto& z) { return std::abs(z); });
  return eigenvalues;
}

}  // namespace

std::vector<BlockSpectrum> recurrent_spectra(const RecurrentBase& module) {
  const torch::NoGradGuard no_grad;
  std::vector<BlockSpectrum> spectra;
  for (const LayerId id : module.layers()) {
    const auto weights = module.weights(id);
    if (!weights.weight_hh.defined()) continue;
    const std::int64_t hidden = module.options.hidden_size(),
                       gates = static_cast<std::int64_t>(module.facts().gates.size());
    const auto read =
        weights.weight_hr.defined() ? torch::matmul(weights.weight_hh, weights.weight_hr) : weights.weight_hh;
    const auto weight =
        dense_recurrent(read, weights.weight_ih, gates, hidden).detach().to(torch::kCPU, torch::kDouble);
    for (std::int64_t g = 0; g < gates; ++g) {
      const auto block = weight.narrow(0, g * hidden, hidden);
      BlockSpectrum spectrum{.id = id,
                             .gate = module.facts().gates[static_cast<std::size_t>(g)],
                             .eigenvalues = eigenvalues_of(block)};
      spectrum.radius = std::abs(spectrum.eigenvalues.front());
      spectrum.sigma_max = torch::linalg_svdvals(block)[0].item<double>();
      spectra.push_back(std::move(spectrum));
    }
  }
  return spectra;
}

JacobianSpectrum end_to_end_spectrum(const StepJacobians& jacobians, std::int64_t sequence) {
  const torch::NoGradGuard no_grad;
  JacobianSpectrum spectrum{.steps = jacobians.layer().lengths.at(static_cast<std::size_t>(sequence)),
                            .log10_singular_values = {}};
  auto product = torch::eye(jacobians.size(), torch::kDouble);
  double log10_scale = 0.0;
  for (std::int64_t t = 0; t < spectrum.steps; ++t) {
    product = jacobians.times(t, sequence, product);
    const double largest = product.abs().max().item<double>();
    if (largest == 0.0) break;
    product /= largest;
    log10_scale += std::log10(largest);
  }
  const auto values = torch::linalg_svdvals(product).contiguous();
  const double floor = values[0].item<double>() * static_cast<double>(jacobians.size()) *
                       std::numeric_limits<double>::epsilon();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    const double value = values[i].item<double>();
    spectrum.log10_singular_values.push_back(std::log10(value) + log10_scale);
    spectrum.resolved += value > floor ? 1 : 0;
  }
  return spectrum;
}

}  // namespace carousel
