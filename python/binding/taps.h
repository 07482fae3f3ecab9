// Who listens to single calls of the operators, by number: what each time step's gates and gradients were.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "carousel/recurrent/observer.h"

namespace carousel::python {

/// Makes a tap for one call of a layer of that cell over `steps` steps; its number is never 0, which is nobody.
std::int64_t open_tap(std::string cell, std::int64_t steps);

/// What the tap has heard so far, double and NaN where nothing was measured: norms of dL/d(state) [T, S], means of the gates'
/// activations [T, G], and the shares of them that lie beyond the low and the high limit [T, G] each. Throws Error for a tap
/// that is not there.
std::vector<torch::Tensor> read_tap(std::int64_t tap);

/// The diagnosis (flow/diagnosis.h) of one call of a module, as JSON: a tap for each of its layers and directions, in torch's
/// order; `forget_bias` is the effective bias of the keep gate, where it is known. Throws Error as read_tap does.
std::string diagnose_taps(const std::vector<std::int64_t>& taps, std::int64_t directions,
                          std::optional<double> forget_bias);

/// Nobody listens by that number any more; one that is not there is none.
void close_tap(std::int64_t tap);

/// Null for 0, and for one that was closed since.
std::shared_ptr<FlowObserver> observer_of(std::int64_t tap);

}  // namespace carousel::python
