// How RecurrentImpl<Cell> runs a layer. Include recurrent.h instead.
#pragma once

#include "carousel/recurrent/projection.h"
#include "carousel/recurrent/recurrent.h"

namespace carousel {

template <AnyCell Cell>
std::array<torch::Tensor, RecurrentImpl<Cell>::S> RecurrentImpl<Cell>::first_states(
    std::int64_t sequences, std::int64_t hidden, const torch::Tensor& weight,
    const std::vector<torch::Tensor>& initial) {
  std::array<torch::Tensor, S> states;
  if (initial.empty()) {
    states.fill(torch::zeros({sequences, hidden}, weight.options().requires_grad(false)));
  } else {
    std::copy(initial.begin(), initial.end(), states.begin());
  }
  return states;
}

template <AnyCell Cell>
RecurrentBase::LayerRun RecurrentImpl<Cell>::run_on_loop(LayerCall call, PackedBatch batch,
                                                         LayerWeights weights,
                                                         std::vector<torch::Tensor> initial)
  requires ElementwiseCell<Cell>
{
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
                     hidden = weights.weight_ih.size(0) / static_cast<std::int64_t>(gate_count<Cell>);
  auto result = run_loop<S>(ElementwiseLayer<Cell>(weights), batch,
                            first_states(sequences, hidden, weights.weight_ih, initial), call);
  return {std::move(result.output), {result.last.begin(), result.last.end()}};
}

template <AnyCell Cell>
fused::LayerOutput RecurrentImpl<Cell>::run_again(const LayerCall& call, const PackedBatch& batch,
                                                  const LayerWeights& weights,
                                                  const std::vector<torch::Tensor>& initial)
  requires ElementwiseCell<Cell>
{
  auto ran = run_on_loop(call, batch, weights, initial);
  return {std::move(ran.output), std::move(ran.last)};
}

template <AnyCell Cell>
RecurrentBase::LayerRun RecurrentImpl<Cell>::run_on_engine(const LayerCall& call, const PackedBatch& batch,
                                                           const LayerWeights& weights,
                                                           const std::vector<torch::Tensor>& initial) const
  requires ElementwiseCell<Cell>
{
  if constexpr (fusable<Cell>) {
    if (engine_choice().engine == Engine::fused) {
      auto result =
          fused::run_layer({kernels(), call, batch, options.save_memory(), &run_again}, weights, initial);
      return {std::move(result.output), std::move(result.last)};
    }
  }
  return run_on_loop(call, batch, weights, initial);
}

template <AnyCell Cell>
RecurrentBase::LayerRun RecurrentImpl<Cell>::run_layer(const LayerCall& call, const PackedBatch& batch,
                                                       const std::vector<torch::Tensor>& initial) const {
  const auto& stored = layers_.at(index(call.tap.id));
  if constexpr (ElementwiseCell<Cell>) {
    if (!stored.weight_hr.defined()) {
      auto weights = stored;
      weights.weight_hh = with_dropped_weights(call.noise, stored.weight_hh);
      return run_on_engine(call, batch, weights, initial);
    }
    const auto made = unprojected(call, batch, stored, initial);
    auto ran = run_on_engine(made.call, made.batch, made.weights, made.initial);
    ran.output = torch::linear(ran.output, stored.weight_hr);
    ran.last.front() = torch::linear(ran.last.front(), stored.weight_hr);
    return ran;
  } else {
    // A module's project() is a user's own and is given rows as torch's modules take them.
    const auto weight = stored->weights().weight_ih;
    const PackedBatch rows = with_dropped_input(
        call.noise,
        {dense_rows(batch.data, input_size(call.tap.id.layer), weight.options()), batch.sizes, batch.resets},
        weight);
    auto result = run_loop<S>(*stored, rows,
                              first_states(batch.sequences(), options.hidden_size(), weight, initial), call);
    return {std::move(result.output), {result.last.begin(), result.last.end()}};
  }
}

}  // namespace carousel
