// What the passes measured, handed to an observer.
#pragma once

#include <vector>

#include "carousel/recurrent/loop_engine.h"

#include "sequence.h"

namespace carousel::fused {

/// Gate means, and the steps whose states are not finite. `units` is H.
void report_forward(const FlowTap& tap, const FusedCell& cell, std::int64_t units, const Layout& layout,
                    const std::vector<StepFigures>& parts);

/// That the gradients of all states will come back.
void await_gradients(const FlowTap& tap, const FusedCell& cell, const Layout& layout);

/// Norms of dL/d(state).
void report_backward(const FlowTap& tap, const FusedCell& cell, const Layout& layout,
                     const std::vector<StepFigures>& parts);

}  // namespace carousel::fused
