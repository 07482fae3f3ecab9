// Spectra: of the recurrent weights, and of the Jacobian from the first step to the last.
#pragma once

#include <complex>
#include <string>
#include <vector>

#include "carousel/flow/jacobian.h"

namespace carousel {

/// One gate's block of W_hh, [H, H].
///
/// In a simple network with slope at most gamma (1 for tanh), the gradient must vanish when sigma_max < 1 /
/// gamma, and can only explode when it is above (Pascanu, Mikolov & Bengio 2013, "On the difficulty of
/// training recurrent neural networks", section 2.1). Gated cells multiply each block by what its gate lets
/// through: there the figures say how strongly a gate listens to h.
struct BlockSpectrum {
  LayerId id;
  std::string gate;
  std::vector<std::complex<double>> eigenvalues;  ///< by falling absolute value
  double radius = 0.0;                            ///< the largest absolute eigenvalue
  double sigma_max = 0.0;                         ///< the largest singular value
};

/// Every block of every layer and direction.
std::vector<BlockSpectrum> recurrent_spectra(const RecurrentBase& module);

/// Singular values of J_T ... J_2 J_1 = d s_T / d s_0 of one sequence: by how much the best and the worst
/// direction of the state gain or lose over all its T steps; all 1 is dynamical isometry (Saxe, McClelland &
/// Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks").
///
/// The product is rescaled at every step, so that it neither under- nor overflows. What lies below the
/// largest by more than the rounding of a double (S H times 2.2e-16) is noise: `resolved` counts those above.
struct JacobianSpectrum {
  std::int64_t steps = 0;
  std::vector<double> log10_singular_values;  ///< falling; -infinity for zero
  std::int64_t resolved = 0;
};

JacobianSpectrum end_to_end_spectrum(const StepJacobians& jacobians, std::int64_t sequence);

}  // namespace carousel
