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

}  // namespace carousel
