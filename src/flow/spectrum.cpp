#include "carousel/flow/spectrum.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "carousel/recurrent/recurrent_product.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

/// Of one part of W_hh: a matrix, or a diagonal, whose eigenvalues stand there.
void add_eigenvalues(const Tensor& part, std::vector<std::complex<double>>& eigenvalues) {
  const auto complex = part.dim() == 1 ? part.to(torch::kComplexDouble) : torch::linalg_eigvals(part);
  const auto values = torch::view_as_real(complex).contiguous();
  const auto* value = values.const_data_ptr<double>();
  for (std::int64_t i = 0; i < part.size(0); ++i) eigenvalues.emplace_back(value[2 * i], value[2 * i + 1]);
}

double largest_singular_value(const Tensor& part) {
  return (part.dim() == 1 ? part.abs().max() : torch::linalg_svdvals(part)[0]).item<double>();
}

/// Of the parts that a gate's block consists of: one matrix, those of the heads, or the diagonal.
BlockSpectrum spectrum_of(LayerId id, const char* gate, const std::vector<Tensor>& parts) {
  BlockSpectrum spectrum{.id = id, .gate = gate, .eigenvalues = {}};
  for (const auto& part : parts) {
    add_eigenvalues(part, spectrum.eigenvalues);
    spectrum.sigma_max = std::max(spectrum.sigma_max, largest_singular_value(part));
  }
  std::ranges::stable_sort(spectrum.eigenvalues, std::greater{}, [](const auto& z) { return std::abs(z); });
  spectrum.radius = std::abs(spectrum.eigenvalues.front());
  return spectrum;
}

}  // namespace

std::vector<BlockSpectrum> recurrent_spectra(const RecurrentBase& module) {
  const torch::NoGradGuard no_grad;
  std::vector<BlockSpectrum> spectra;
  for (const LayerId id : module.layers()) {
    const auto weights = module.weights(id);
    if (!weights.weight_hh.defined()) continue;
    const auto read =
        weights.weight_hr.defined() ? torch::matmul(weights.weight_hh, weights.weight_hr) : weights.weight_hh;
    const auto weight = read.detach().to(torch::kCPU, torch::kDouble);
    const auto gates = module.facts().gates;
    for (std::size_t g = 0; g < gates.size(); ++g) {
      const auto parts = recurrent_blocks(weight, static_cast<std::int64_t>(g), module.options.hidden_size());
      spectra.push_back(spectrum_of(id, gates[g], parts));
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
