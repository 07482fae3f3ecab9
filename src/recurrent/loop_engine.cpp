#include "carousel/recurrent/loop_engine.h"

namespace carousel {

void tap_step(const FlowTap& tap, std::int64_t step, std::span<const torch::Tensor> states,
              std::span<const torch::Tensor> gates) {
  const std::int64_t number = tap.first_step + step;
  bool finite = true;
  for (std::size_t s = 0; s < states.size(); ++s) {
    finite = finite && states[s].detach().isfinite().all().item<bool>();
    if (!states[s].requires_grad()) continue;
    // The hook must not hold the tensor it hangs on, or neither would ever be freed.
    states[s].register_hook([observer = tap.observer, id = tap.id, s, number](const torch::Tensor& gradient) {
      if (!gradient.defined()) return;
      const auto norm = gradient.detach().norm(2, at::IntArrayRef{}, false, torch::kDouble);
      observer->gradient_norm(id, s, number, norm.item<double>());
    });
  }
  tap.observer->state_finite(tap.id, number, finite);
  for (std::size_t g = 0; g < gates.size(); ++g) {
    const auto gate = gates[g].detach();
    tap.observer->gate_mean(tap.id, g, number, gate.mean(torch::kDouble).item<double>());
    if (step % saturation_stride != 0 || tap.activations.empty() || tap.activations[g] == Activation::other)
      continue;
    const auto limits = limits_of(tap.activations[g]);
    const auto share = [](const torch::Tensor& beyond) {
      return beyond.to(torch::kDouble).mean().item<double>();
    };
    tap.observer->gate_saturation(tap.id, g, number, {share(gate <= limits.low), share(gate >= limits.high)});
  }
}

}  // namespace carousel
