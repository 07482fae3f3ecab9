// Truncated backpropagation through time.
#pragma once

#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

/// Runs a batch in segments of k steps: the state goes on from one to the next, the gradient is cut (Williams
/// & Peng 1990). k = 0, or k >= T, runs it in one piece. States are those after each sequence's last step.
/// Throws Error for a bidirectional module: its backward direction has no state that could be carried.
StackResult run_truncated(RecurrentBase& module, const PackedBatch& batch,
                          const std::vector<torch::Tensor>& initial, std::int64_t k);

}  // namespace carousel
