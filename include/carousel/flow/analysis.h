// The analysis: what a network's gradient does on its way back, from its weights and real data, in one call.
//
//   carousel::Lstm lstm(torch::nn::LSTMOptions(3, 64).num_layers(2));       // trained or not
//   auto analysis = carousel::analyse(*lstm, x, [&](const torch::Tensor& output) {   // [T, B, 64], in double
//     return torch::mse_loss(head(output[-1].to(torch::kFloat)), target);
//   });
//   analysis.lyapunov[0].figure.exponents[0];                               // nats a step
//   std::ofstream("analysis.json") << analysis.to_json();
//
// Any cell gets all of it, one of a user's own too; a cell that is a module, or says fused = false, all but
// the lags. The module is copied and not changed.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "carousel/flow/curves.h"
#include "carousel/flow/lags.h"
#include "carousel/flow/lyapunov.h"
#include "carousel/flow/spectrum.h"
#include "carousel/flow/truncation.h"

namespace carousel {

struct AnalysisOptions {
  std::int64_t steps = 400;      ///< only the last of longer sequences; the state before them is as it was
  std::int64_t lag_steps = 200;  ///< window of lag_profile()
  std::int64_t exponents = 256;  ///< Lyapunov exponents a layer, the largest, where there are more
};

/// A figure of one layer and direction.
template <class Figure> struct OfLayer {
  LayerId id;
  Figure figure;
};

struct Analysis {
  std::vector<std::string> states, gates;  ///< names
  std::string keep_gate;                   ///< "" for a cell without one
  std::int64_t steps = 0, sequences = 0;

  FlowRecord curves;                  ///< gradient_curves(), and gate means
  std::vector<BlockSpectrum> blocks;  ///< recurrent_spectra()
  // Of the longest sequence; the exponents after its first tenth, in which the state is still that of a start:
  std::vector<OfLayer<JacobianSpectrum>> jacobians;
  std::vector<OfLayer<LyapunovSpectrum>> lyapunov;
  // Of all sequences:
  std::vector<OfLayer<LagProfile>> lags;             ///< empty for a cell whose step is not elementwise
  std::vector<TruncationBias> truncation;            ///< of usual_segments(); empty for two directions
  std::vector<OfLayer<std::vector<double>>> memory;  ///< memory_times(); empty without a keep gate
  std::vector<std::string> notes;                    ///< a sentence for every figure that could not be had

  /// The object that flow/analysis.json holds for one set of weights; null where a number is not finite.
  nlohmann::json to_json() const;
};

/// `loss` is given the last layer's h of every row, in double (flow/trajectory.h).
/// Throws Error as follow() does, and for options below 1.
Analysis analyse(const RecurrentBase& module, const FollowedBatch& batch,
                 const AnalysisOptions& options = {});

/// The same for a padded tensor, [T, B, I] (or [B, T, I] with batch_first), or class numbers [T, B]; `loss` is given
/// the output in the same order, [T, B, D H].
Analysis analyse(const RecurrentBase& module, const torch::Tensor& input, const LossOfOutput& loss,
                 const AnalysisOptions& options = {});

}  // namespace carousel
