// A layer with an elementwise step: how it is run by the loop engine, and by whichever engine can.
#pragma once

#include "carousel/recurrent/fused/fused_engine.h"
#include "carousel/recurrent/loop_engine.h"

namespace carousel {

class RecurrentBase;

/// The states before the first step, [B, H] each; zeros where none are given.
template <std::size_t S>
std::array<torch::Tensor, S> first_states(std::int64_t sequences, std::int64_t hidden,
                                          const torch::Tensor& weight,
                                          const std::vector<torch::Tensor>& initial) {
  std::array<torch::Tensor, S> states;
  if (initial.empty()) {
    states.fill(torch::zeros({sequences, hidden}, weight.options().requires_grad(false)));
  } else {
    std::copy(initial.begin(), initial.end(), states.begin());
  }
  return states;
}

/// Runs a layer of a cell with G gates over time. `make(weights)` makes its two verbs, project and step.
template <std::size_t S, class Make>
fused::LayerOutput run_on_loop(LayerCall call, PackedBatch batch, LayerWeights weights,
                               std::vector<torch::Tensor> initial, std::size_t gates, Make make) {
  std::vector<torch::Tensor*> tensors{&batch.data, &weights.weight_ih, &weights.weight_hh, &weights.bias_ih,
                                      &weights.bias_hh};
  for (auto& vector : weights.vectors) tensors.push_back(&vector);
  for (auto& state : initial) tensors.push_back(&state);
  if (batch.resets.defined()) {
    for (auto& state : call.start) tensors.push_back(&state);
  }
  join_gradients(tensors);
  batch = with_dropped_input(call.noise, batch, weights.weight_ih);
  const std::int64_t sequences = batch.sequences(),
                     hidden = weights.weight_ih.size(0) / static_cast<std::int64_t>(gates);
  auto result =
      run_loop<S>(make(weights), batch, first_states<S>(sequences, hidden, weights.weight_ih, initial), call);
  return {std::move(result.output), {result.last.begin(), result.last.end()}};
}

/// Runs a layer of `module` by its kernels where they can run it, else by `loop`; with dropped weights and a projected h.
fused::LayerOutput run_elementwise(const RecurrentBase& module, const LayerCall& call,
                                   const PackedBatch& batch, const LayerWeights& stored,
                                   const std::vector<torch::Tensor>& initial, const fused::LoopLayer& loop);

}  // namespace carousel
