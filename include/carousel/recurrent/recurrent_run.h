// How RecurrentImpl<Cell> runs a layer. Include recurrent.h instead.
#pragma once

#include "carousel/recurrent/recurrent.h"
#include "carousel/recurrent/run_on_loop.h"

namespace carousel {

template <AnyCell Cell>
fused::LayerOutput RecurrentImpl<Cell>::run_by_step(const LayerCall& call, const PackedBatch& batch,
                                                    const LayerWeights& weights,
                                                    const std::vector<torch::Tensor>& initial)
  requires ElementwiseCell<Cell>
{
  return run_on_loop<S>(call, batch, weights, initial, gate_count<Cell>,
                        [](const LayerWeights& joined) { return ElementwiseLayer<Cell>(joined); });
}

template <AnyCell Cell>
RecurrentBase::LayerRun RecurrentImpl<Cell>::run_layer(const LayerCall& call, const PackedBatch& batch,
                                                       const std::vector<torch::Tensor>& initial) const {
  const auto& stored = layers_.at(index(call.tap.id));
  if constexpr (ElementwiseCell<Cell>) {
    return run_elementwise(*this, call, batch, stored, initial, &run_by_step);
  } else {
    // A module's project() is a user's own and is given rows as torch's modules take them.
    const auto weight = stored->weights().weight_ih;
    const PackedBatch rows = with_dropped_input(
        call.noise,
        {dense_rows(batch.data, input_size(call.tap.id.layer), weight.options()), batch.sizes, batch.resets},
        weight);
    auto result = run_loop<S>(
        *stored, rows, first_states<S>(batch.sequences(), options.hidden_size(), weight, initial), call);
    return {std::move(result.output), {result.last.begin(), result.last.end()}};
  }
}

}  // namespace carousel
