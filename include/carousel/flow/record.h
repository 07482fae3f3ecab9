// What the gradient did in one update, as plain numbers.
//
// This header needs no tensor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "carousel/recurrent/observer.h"

namespace carousel {

/// One layer and direction over the T steps of an update.
struct LayerFlow {
  LayerId id = {};
  /// [state][step]: log10 of the Frobenius norm of dL/d(state_t) over the batch. -infinity where a backward pass
  /// was measured and no gradient arrived, or where it was too small for the tensor's type; NaN where it was not
  /// finite or not measured: no backward pass was seen, or it does not go through (frozen weights, no graph).
  std::vector<std::vector<double>> gradient_log10 = {};
  /// The same for the loss of the last step alone, where there is a loss at every step: only this curve shows
  /// how far back a single error travels. Empty where the loss is at the last step anyway.
  std::vector<std::vector<double>> last_loss_log10 = {};
  /// [gate][step]: mean activation over batch and units.
  std::vector<std::vector<double>> gate_mean = {};
  /// [gate][step]: shares of activations at the limits of their function, NaN between every fourth step;
  /// empty for a gate without limits.
  std::vector<std::vector<Saturation>> saturation = {};
};

/// One parameter's gradient before clipping, and what the update made of it.
struct ParameterFlow {
  std::string name;
  double gradient_norm = 0.0;
  bool finite = true;
  double update_norm = 0.0;  ///< |w_new - w|; 0 when it was not measured
  double weight_norm = 0.0;  ///< |w| before the update

  /// Update-to-weight ratio; about 1e-3 is usual. 0 when it was not measured or the weights were all zero.
  double update_ratio() const { return weight_norm > 0.0 ? update_norm / weight_norm : 0.0; }
};

/// How far the gradient reached back through time: the norm of dL/dh at the first step against that at the
/// last, of the last step's loss alone where there are others. Where backpropagation is truncated, over the
/// last segment; where all sequences begin anew inside the batch, over what follows the last time they do. Of a cell in
/// which no step reads h, such as an sru, it is that of the first state that is read.
struct Reach {
  std::int64_t steps = 0;    ///< distance between the two
  double log10_ratio = 0.0;  ///< log10 |dL/dh_first| - log10 |dL/dh_last|; -infinity when nothing arrived
  bool underflowed = false;  ///< a gradient became exactly zero on its way back
  std::string state = "h";   ///< whose gradient it is
};

/// Number of steps after which a keep gate of mean f leaves 1/e of what was in memory: -1 / ln f.
/// Infinite for f = 1, 0 for f = 0.
double memory_steps(double keep_gate);

/// Everything that was recorded in one update.
struct FlowRecord {
  /// Names states and gates as the cell does.
  void describe(const CellFacts& cell);

  std::int64_t update = 0;
  std::vector<std::string> states;      ///< names, in the order of LayerFlow::gradient_log10
  std::vector<std::string> gates;       ///< names, in the order of LayerFlow::gate_mean
  std::vector<Activation> activations;  ///< the functions of the gates
  int keep_gate = -1;                   ///< index into gates, -1 when the cell has none
  std::int64_t last_segment = 0;  ///< first step of the last forward call: behind it a truncation may lie
  std::vector<double> resets;     ///< [step]: share of the rows that begin anew there; empty where none does
  std::int64_t forgotten = 0;     ///< steps before these that were dropped, as nobody took them in time
  std::vector<LayerFlow> layers;
  std::vector<ParameterFlow> parameters;
  /// The curves add up the losses of many steps, and the last step's loss alone was not recorded: how far one
  /// error reaches cannot be told.
  bool losses_mixed = false;
  /// The first time step with a state that is not finite, in forward order, and the lowest layer that has it there.
  std::optional<std::int64_t> first_bad_state;
  LayerId first_bad_layer = {};
  /// The step at which the gradient was first not finite on its way back, the latest in time, and the highest
  /// layer that has it there.
  std::optional<std::int64_t> last_bad_gradient;
  LayerId last_bad_layer = {};

  /// The gates whose mean activation at `step` is not finite, in the layer.
  std::vector<std::string> bad_gates(LayerId id, std::int64_t step) const;

  /// The first step behind which no gradient can go: of the last forward call, or where all sequences begin anew.
  std::int64_t first_reached() const;

  /// Reach of the last layer in its first direction; nothing when no gradient was measured.
  std::optional<Reach> reach() const;
  /// Mean activation of the keep gate over layers, directions and steps; nothing when the cell has none.
  std::optional<double> keep_gate_mean() const;

  /// Share of each gate's activations that is saturated, over layers, directions and steps, in the order of
  /// `gates`; nothing for a gate without limits.
  std::vector<std::optional<Saturation>> saturation() const;
  /// |w_new - w| / |w| over all parameters together; nothing when it was not measured.
  std::optional<double> update_ratio() const;

  /// One line of flow/norms.jsonl: numbers rounded to 6 digits, null for what is not finite.
  nlohmann::json to_json() const;
};

}  // namespace carousel
