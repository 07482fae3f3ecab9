// How an engine tells what happened to the gradient at each time step.
//
// The loop engine measures with a hook on every state; a fused engine gets the same figures out of its
// backward loop. Whoever wants them implements this interface (flow/recorder.h does) and hands it to
// RecurrentBase::observe, or, to listen beside others, to a Listening (listening.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "carousel/cells/cell.h"

namespace carousel {

/// One layer and direction of a recurrent module.
struct LayerId {
  std::int64_t layer = 0;
  bool reverse = false;

  friend bool operator==(const LayerId&, const LayerId&) = default;
};

/// Shares of a gate's activations that lie beyond its function's limits (cells/activation.h): closed and open
/// for a sigmoid, both ends of a tanh, dead (`low`) for a relu.
struct Saturation {
  double low = 0.0, high = 0.0;

  double both() const { return low + high; }
};

/// Saturation is measured at the steps 0, 4, 8, ... of a sequence: it changes slowly over time, and counting
/// at every step would cost a small cell's update another percent or two.
inline constexpr std::int64_t saturation_stride = 4;

/// Receives figures during forward and backward. Steps are counted over all the forward calls between two
/// resets, so that a sequence that is run in segments appears as one.
class FlowObserver {
 public:
  virtual ~FlowObserver() = default;

  /// A forward pass over `steps` steps begins. Returns the number of its first step.
  virtual std::int64_t begin(const CellFacts& cell, std::int64_t steps) = 0;

  /// Forward: sequences begin anew inside the batch (PackedBatch::resets): the share of the rows that do, at `steps`
  /// steps from `first` on. Not called where none does.
  virtual void resets(std::int64_t /*first*/, std::span<const double> /*shares*/) {}

  /// Forward: mean of a gate's activation over the rows and units of one step.
  virtual void gate_mean(LayerId id, std::size_t gate, std::int64_t step, double mean) = 0;

  /// Forward: shares of that gate's activations, over the rows and units of one step, that are saturated. Not
  /// called for a gate whose function has no limits; NaN between the steps of saturation_stride, where an
  /// engine reports all steps at once.
  virtual void gate_saturation(LayerId id, std::size_t gate, std::int64_t step, Saturation share) = 0;

  /// Forward: whether every entry of the states of one step is finite. An engine may leave out steps that are.
  virtual void state_finite(LayerId id, std::int64_t step, bool finite) = 0;

  /// Forward: the gradients of a state at `steps` steps from `first` on will be reported when they come back;
  /// one that is awaited and does not come is no gradient, one that is not awaited is not measured. A state
  /// that no backward pass goes through (its weights are frozen, or there is no graph) is not awaited.
  virtual void gradient_awaited(LayerId, std::size_t /*state*/, std::int64_t /*first*/,
                                std::int64_t /*steps*/) {}

  /// Backward: Frobenius norm of dL/d(state) over the rows and units of one step. Computed in double, so that
  /// a float gradient of 1e-30 does not become 0 by being squared. Where a gradient is made of several parts
  /// (create_graph on the fused engine) it is reported anew with each, the whole last.
  virtual void gradient_norm(LayerId id, std::size_t state, std::int64_t step, double norm) = 0;

  // The same for the steps from `first` on, as an engine reports that has all of them at once.
  virtual void gate_means(LayerId id, std::size_t gate, std::int64_t first, std::span<const double> means) {
    for (const double mean : means) gate_mean(id, gate, first++, mean);
  }
  virtual void gate_saturations(LayerId id, std::size_t gate, std::int64_t first,
                                std::span<const Saturation> shares) {
    for (const Saturation share : shares) gate_saturation(id, gate, first++, share);
  }
  virtual void gradient_norms(LayerId id, std::size_t state, std::int64_t first,
                              std::span<const double> norms) {
    for (const double norm : norms) gradient_norm(id, state, first++, norm);
  }
};

}  // namespace carousel
