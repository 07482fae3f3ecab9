#include "carousel/recurrent/projection.h"
#include "carousel/recurrent/recurrent_base.h"
#include "carousel/recurrent/run_on_loop.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

fused::LayerOutput run_elementwise(const RecurrentBase& module, const LayerCall& call,
                                   const PackedBatch& batch, const LayerWeights& stored,
                                   const std::vector<Tensor>& initial, const fused::LoopLayer& loop) {
  const auto run = [&](const LayerCall& own_call, const PackedBatch& own_batch, const LayerWeights& weights,
                       const std::vector<Tensor>& own_initial) {
    if (module.engine_choice().engine != Engine::fused)
      return loop(own_call, own_batch, weights, own_initial);
    return fused::run_layer({module.kernels(), own_call, own_batch, module.options.save_memory(), loop},
                            weights, own_initial);
  };
  if (!stored.weight_hr.defined()) {
    auto weights = stored;
    weights.weight_hh = with_dropped_weights(call.noise, stored.weight_hh);
    return run(call, batch, weights, initial);
  }
  const auto made = unprojected(call, batch, stored, initial);
  auto ran = run(made.call, made.batch, made.weights, made.initial);
  ran.output = torch::linear(ran.output, stored.weight_hr);
  ran.last.front() = torch::linear(ran.last.front(), stored.weight_hr);
  return ran;
}

}  // namespace carousel
