// What RecurrentBase does about noise: where masks come from, and what is dropped before a layer is run.
#include <limits>

#include "carousel/recurrent/recurrent_base.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

NoiseHeld::NoiseHeld(RecurrentBase& module) : module_(module) {
  module.held_noise_ = module.next_noise(0);
}

RecurrentBase::NoiseSource RecurrentBase::next_noise(std::int64_t steps) {
  if (held_noise_) {
    const auto source = *held_noise_;
    held_noise_->first_step += steps;
    return source;
  }
  if (!is_training() || !options.noise().draws()) return {};
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return {static_cast<std::uint64_t>(torch::randint(most, {1}, torch::kInt64).item<std::int64_t>()), 0};
}

LayerCall RecurrentBase::call_of(FlowTap tap, const NoiseSource& source) const {
  const auto place = index(tap.id);
  LayerCall call{std::move(tap)};
  call.noise = {options.noise(), is_training(), source.seed, call.tap.id, source.first_step};
  if (!options.learn_start()) return call;
  for (const auto& state : learned_start()) call.start.push_back(state[place]);
  return call;
}

PackedBatch RecurrentBase::with_dropped_input(const PackedBatch& batch, std::int64_t layer,
                                              const NoiseSource& source) const {
  const LayerNoise noise(options.noise(), is_training(), source.seed, {layer, false}, source.first_step);
  if (!noise.masks_input() || batch.steps() == 0) return batch;
  const auto like = weights({}).weight_ih;
  const std::int64_t inputs = input_size(layer), sequences = batch.sequences();
  const auto rows = dense_rows(batch.data, inputs, like.options().requires_grad(false));
  const auto factors = input_factors(noise, sequences, inputs, rows);
  if (batch.sizes.back() == sequences)
    return {(rows.view({batch.steps(), sequences, inputs}) * factors).flatten(0, 1), batch.sizes,
            batch.resets};
  std::vector<Tensor> of_steps;
  for (const auto size : batch.sizes) of_steps.push_back(factors.narrow(0, 0, size));
  return {rows * torch::cat(of_steps), batch.sizes, batch.resets};
}

}  // namespace carousel
