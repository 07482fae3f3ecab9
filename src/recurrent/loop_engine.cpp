#include "carousel/recurrent/loop_engine.h"

#include <torch/csrc/autograd/custom_function.h>

namespace carousel {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

/// The same tensors. Backwards, autograd makes zeros of what did not arrive, as soon as anything has.
struct Joined : torch::autograd::Function<Joined> {
  static variable_list forward(AutogradContext*, at::TensorList tensors) {
    variable_list aliases;
    for (const auto& tensor : tensors) aliases.push_back(tensor.detach());
    return aliases;
  }
  static variable_list backward(AutogradContext*, const variable_list& gradients) { return gradients; }
};

}  // namespace

void join_gradients(std::span<Tensor* const> tensors) {
  if (!torch::GradMode::is_enabled()) return;
  variable_list given;
  for (const auto* tensor : tensors) {
    if (tensor->defined() && tensor->requires_grad()) given.push_back(*tensor);
  }
  if (given.empty()) return;
  const auto joined = Joined::apply(at::TensorList(given));
  auto next = joined.begin();
  for (auto* tensor : tensors) {
    if (tensor->defined() && tensor->requires_grad()) *tensor = *next++;
  }
}

Restarts::Restarts(const PackedBatch& batch, const std::vector<Tensor>& start, torch::Device device)
    : start_(start) {
  if (!batch.resets.defined()) return;
  for (const auto& rows : batch.resets.split_with_sizes(batch.sizes)) {
    marks_.push_back(rows.any().item<bool>() ? rows.unsqueeze(1).to(device) : Tensor());
  }
}

void Restarts::apply(std::int64_t t, std::span<Tensor> states) const {
  if (marks_.empty()) return;
  const auto& marks = marks_[static_cast<std::size_t>(t)];
  if (!marks.defined()) return;
  for (std::size_t s = 0; s < states.size(); ++s) {
    const auto start = start_.empty() ? states[s].new_zeros({}) : start_[s];
    states[s] = torch::where(marks, start, states[s]);
  }
}

void tap_step(const FlowTap& tap, std::int64_t step, std::span<const Tensor> states,
              std::span<const Tensor> gates) {
  const std::int64_t number = tap.first_step + step;
  bool finite = true;
  for (std::size_t s = 0; s < states.size(); ++s) {
    finite = finite && states[s].detach().isfinite().all().item<bool>();
    if (!states[s].requires_grad()) continue;
    tap.observer->gradient_awaited(tap.id, s, number, 1);
    // The hook must not hold the tensor it hangs on, or neither would ever be freed.
    states[s].register_hook([observer = tap.observer, id = tap.id, s, number](const Tensor& gradient) {
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
    const auto share = [](const Tensor& beyond) { return beyond.to(torch::kDouble).mean().item<double>(); };
    tap.observer->gate_saturation(tap.id, g, number, {share(gate <= limits.low), share(gate >= limits.high)});
  }
}

void tap_gradients(const std::shared_ptr<GradientSums>& sums, std::int64_t step,
                   std::span<const Tensor> states) {
  for (std::size_t s = 0; s < states.size(); ++s) {
    if (!states[s].requires_grad()) continue;
    states[s].register_hook([sums, s, step](const Tensor& gradient) {
      if (gradient.defined()) sums->add(s, step, gradient);
    });
  }
}

}  // namespace carousel
