#include "carousel/recurrent/recorded_recurrent.h"

#include "carousel/error.h"
#include "carousel/recurrent/clone.h"
#include "carousel/recurrent/recorded_layer.h"
#include "carousel/recurrent/run_on_loop.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

RecordedRecurrentImpl::RecordedRecurrentImpl(const RecordedCell& cell, const RecurrentOptions& given)
    : RecordedRecurrentImpl(cell, given, Undrawn{}) {
  reset_parameters();
}

RecordedRecurrentImpl::RecordedRecurrentImpl(const RecordedCell& cell, const RecurrentOptions& given, Undrawn)
    : RecurrentBase(given, cell.facts), cell_(cell) {
  options.noise().check(facts(), *options.recurrence(), /*fusable=*/true);
  check_projection(cell_.step_reads_h() ? step_reads_h_itself : nullptr);
  for (const LayerId id : layers()) layers_.push_back(register_weights(id));
}

EngineChoice RecordedRecurrentImpl::engine_choice() const {
  return choose_engine(nullptr);
}

LayerSteps RecordedRecurrentImpl::layer_steps(LayerId id) const {
  const auto layer = std::make_shared<RecordedLayer>(cell_, weights(id));
  const LayerNoise noise(options.noise(), /*drawn=*/false, 0, id, 0);
  return {[layer](const Tensor& rows) { return layer->project(rows); },
          [layer, noise](const Tensor& projected, const std::vector<Tensor>& previous) {
            auto stepped = layer->step(projected, previous, previous[0], {});
            if (noise.zones()) {
              const LoopNoise expected(noise, previous[0].size(0), previous[0].size(1), previous[0]);
              expected.zone(0, previous, stepped.states);
            }
            return stepped;
          }};
}

RecurrentBase::LayerRun RecordedRecurrentImpl::run_layer(const LayerCall& call, const PackedBatch& batch,
                                                         const std::vector<Tensor>& initial) const {
  const auto loop = [cell = cell_](const LayerCall& own_call, const PackedBatch& own_batch,
                                   const LayerWeights& weights, const std::vector<Tensor>& own_initial) {
    return run_recorded_layer(cell, own_call, own_batch, weights, own_initial);
  };
  return run_elementwise(*this, call, batch, layers_.at(index(call.tap.id)), initial, loop);
}

std::shared_ptr<torch::nn::Module> RecordedRecurrentImpl::clone(
    const std::optional<torch::Device>& device) const {
  auto copy = std::make_shared<RecordedRecurrentImpl>(cell_, options, Undrawn{});
  copy_contents(*this, *copy, device);
  return copy;
}

void RecordedRecurrentImpl::clone_(torch::nn::Module& other, const std::optional<torch::Device>& device) {
  const auto* source = dynamic_cast<const RecordedRecurrentImpl*>(&other);
  if (!source)
    throw Error("the module that is cloned holds another recurrent module than its copy: build both alike");
  *this = *std::dynamic_pointer_cast<RecordedRecurrentImpl>(source->clone(device));
}

}  // namespace carousel
