// Lyapunov exponents: the rates at which directions of the state grow or shrink along real data.
#pragma once

#include <vector>

#include "carousel/flow/jacobian.h"

namespace carousel {

struct LyapunovOptions {
  std::int64_t largest = 0;  ///< how many of the largest exponents are wanted, 0: all S H
  std::int64_t warmup = 0;  ///< first steps whose growth is not counted, while Q turns towards its directions
};

/// Exponents of one sequence, in nats a step, falling.
///
///   J_t Q_{t-1} = Q_t R_t      lambda_i = 1/T sum_t ln |R_t[i, i]|
///
/// by repeated QR (Benettin, Galgani, Giorgilli & Strelcyn 1980); for recurrent networks Vogt, Puelma Touzel,
/// Shlizerman & Lajoie 2022, "On Lyapunov exponents for RNNs", and Engelken, Wolf & Abbott 2023. The largest
/// says what becomes of a typical gradient: below 0 it vanishes as exp(lambda T), above 0 it explodes and the
/// network is chaotic, at 0 it keeps its size. They are those of T steps, not of infinitely many: of the
/// first T of the sequence, from its initial state. All exponents together sum to the mean of ln |det J_t|.
///
/// They belong to one layer. The Jacobian of a whole stack is block triangular, since a layer's new state
/// depends on its own past and on layers below: the stack's exponents are those of its layers, joined.
///
/// A singular J (a unit that a rectifier shuts off, a gate that is exactly 0) has exponents of -infinity. A
/// diagonal entry of R below the rounding of its own column, S H 2.2e-16 of its norm, counts as 0.
struct LyapunovSpectrum {
  std::int64_t steps = 0;  ///< steps that were counted
  std::vector<double> exponents;
};

/// Throws Error when the warm-up leaves no step, or more exponents are wanted than there are.
LyapunovSpectrum lyapunov_spectrum(const StepJacobians& jacobians, std::int64_t sequence,
                                   const LyapunovOptions& options = {});

}  // namespace carousel
