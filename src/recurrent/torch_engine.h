// The engine torch: a whole stack in one call of torch::lstm, gru, rnn_tanh or rnn_relu, which on CUDA is cuDNN's.
#pragma once

#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

/// Runs a module that has a torch_layer(), without resets; `initial` is given.
StackResult run_torch_stack(RecurrentBase& module, const PackedBatch& batch,
                            const std::vector<torch::Tensor>& initial);

}  // namespace carousel
