#include "layer_node.h"

#include <algorithm>

#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

namespace carousel::python {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

/// A layer as a node keeps it: its tensors are saved variables, whose places here are empty.
struct Outline : torch::CustomClassHolder {
  LayerGiven given;
  std::size_t tensors = 0;
};

LayerGiven without_tensors(LayerGiven given) {
  given.for_each([](Tensor& one) { one = Tensor(); });
  given.batch_sizes = given.batch_sizes ? std::optional(Tensor()) : std::nullopt;
  return given;
}

/// Whether many gradients arrive as one: torch.autograd.grad(is_grads_batched=True), jacobian(vectorize=True). Kernels read numbers;
/// the loop's operations know what such a tensor is.
bool any_batched(const variable_list& gradients) {
  const c10::DispatchKeySet batched({c10::DispatchKey::Batched, c10::DispatchKey::FuncTorchBatched});
  return std::ranges::any_of(
      gradients, [&](const Tensor& one) { return one.defined() && one.key_set().has_any(batched); });
}

struct LayerNode : torch::autograd::Function<LayerNode> {
  static variable_list forward(AutogradContext* ctx, const LayerGiven& given, at::TensorList tensors) {
    const at::AutoDispatchBelowADInplaceOrView below;
    auto passed = call_forward(given, /*keep=*/true);
    // The inputs, h of every step, the tape, the batch sizes: all is freed when the graph is, and changes are noticed.
    variable_list saved = tensors.vec();
    saved.push_back(passed.output);
    saved.insert(saved.end(), passed.tape.begin(), passed.tape.end());
    if (given.batch_sizes) saved.push_back(*given.batch_sizes);
    ctx->save_for_backward(std::move(saved));
    auto outline = c10::make_intrusive<Outline>();
    outline->given = without_tensors(given);
    outline->tensors = tensors.size();
    ctx->saved_data["layer"] = c10::IValue::make_capsule(std::move(outline));
    ctx->set_materialize_grads(false);
    variable_list outputs{std::move(passed.output)};
    outputs.insert(outputs.end(), passed.last.begin(), passed.last.end());
    return outputs;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto outline = c10::static_intrusive_pointer_cast<Outline>(ctx->saved_data["layer"].toCapsule());
    const auto saved = ctx->get_saved_variables();
    auto given = outline->given.with(saved);
    if (given.batch_sizes) given.batch_sizes = saved.back();
    const auto count = outline->tensors;
    const auto arriving = arriving_of(gradients, saved[count]);
    variable_list found{Tensor()};  // the layer itself needs none
    if (torch::GradMode::is_enabled() || any_batched(gradients)) {
      const auto again = run_backward_again(given, arriving);
      found.insert(found.end(), again.begin(), again.end());
      return found;
    }
    std::vector<bool> wanted;
    for (std::size_t i = 0; i < count; ++i) wanted.push_back(ctx->needs_input_grad(i));
    const auto returned = call_backward(given, arriving, saved[count], {saved[count + 1]}, wanted);
    auto next = returned.begin();
    for (const bool one : wanted) found.push_back(one ? *next++ : Tensor());
    return found;
  }

 private:
  /// Where any last state has a gradient, those of the others are zeros: an operator takes no list with holes.
  static LayerArriving arriving_of(const variable_list& gradients, const Tensor& output) {
    LayerArriving arriving;
    if (gradients[0].defined()) arriving.output = gradients[0];
    const auto defined =
        std::find_if(gradients.begin() + 1, gradients.end(), [](const Tensor& g) { return g.defined(); });
    if (defined == gradients.end()) {
      if (!arriving.output) arriving.output = torch::zeros_like(output);
      return arriving;
    }
    for (std::size_t s = 1; s < gradients.size(); ++s)
      arriving.last.push_back(gradients[s].defined() ? gradients[s] : torch::zeros_like(*defined));
    return arriving;
  }
};

}  // namespace

Passed layer_without_gradient(const LayerGiven& given) {
  return call_forward(given, /*keep=*/false);
}

Passed layer_with_gradient(const LayerGiven& passed_in) {
  // Both passes read them so, and autograd saves them once.
  LayerGiven given = passed_in;
  given.for_each([](Tensor& one) { one = one.contiguous(); });
  const auto tensors = given.tensors();
  const bool differentiate = std::ranges::any_of(tensors, [](const Tensor& t) { return t.requires_grad(); });
  if (!differentiate || !torch::GradMode::is_enabled()) {
    const at::AutoDispatchBelowADInplaceOrView below;
    return layer_without_gradient(given);
  }
  auto outputs = LayerNode::apply(given, at::TensorList(tensors));
  return {outputs[0], {outputs.begin() + 1, outputs.end()}, {}};
}

}  // namespace carousel::python
