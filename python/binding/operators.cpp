// The operators of layer.h in torch's dispatcher.
#include <nlohmann/json.hpp>
#include <torch/library.h>

#include "carousel/flow/analysis_page.h"

#include "layer_node.h"
#include "stack_analysis.h"
#include "taps.h"

namespace carousel::python {

using torch::Tensor;

namespace {

using Optional = std::optional<Tensor>;

LayerGiven given_of(std::string cell, const Tensor& input, const Optional& batch_sizes,
                    const Tensor& weight_ih, const Optional& weight_hh, const Optional& bias_ih,
                    const Optional& bias_hh, at::TensorList vectors, at::TensorList initial, bool reverse,
                    std::int64_t tap) {
  return {std::move(cell), input,         batch_sizes,   weight_ih, weight_hh, bias_ih,
          bias_hh,         vectors.vec(), initial.vec(), reverse,   tap};
}

using Layered = std::tuple<Tensor, Tensors>;
using Forwarded = std::tuple<Tensor, Tensors, Tensors>;

template <auto forward>
Forwarded forward_operator(std::string cell, const Tensor& input, const Optional& batch_sizes,
                           const Tensor& weight_ih, const Optional& weight_hh, const Optional& bias_ih,
                           const Optional& bias_hh, at::TensorList vectors, at::TensorList initial,
                           bool reverse, bool keep, std::int64_t tap) {
  auto passed = forward(given_of(std::move(cell), input, batch_sizes, weight_ih, weight_hh, bias_ih, bias_hh,
                                 vectors, initial, reverse, tap),
                        keep);
  return {std::move(passed.output), std::move(passed.last), std::move(passed.tape)};
}

template <auto backward>
Tensors backward_operator(std::string cell, const Optional& output_gradient, at::TensorList last_gradients,
                          const Tensor& input, const Optional& batch_sizes, const Tensor& weight_ih,
                          const Optional& weight_hh, const Optional& bias_ih, const Optional& bias_hh,
                          at::TensorList vectors, at::TensorList initial, const Tensor& output,
                          at::TensorList tape, bool reverse, const c10::List<bool>& wanted,
                          std::int64_t tap) {
  return backward(given_of(std::move(cell), input, batch_sizes, weight_ih, weight_hh, bias_ih, bias_hh,
                           vectors, initial, reverse, tap),
                  {output_gradient, last_gradients.vec()}, output, tape.vec(), wanted.vec());
}

template <auto run>
Layered layer_operator(std::string cell, const Tensor& input, const Optional& batch_sizes,
                       const Tensor& weight_ih, const Optional& weight_hh, const Optional& bias_ih,
                       const Optional& bias_hh, at::TensorList vectors, at::TensorList initial, bool reverse,
                       std::int64_t tap) {
  auto passed = run(given_of(std::move(cell), input, batch_sizes, weight_ih, weight_hh, bias_ih, bias_hh,
                             vectors, initial, reverse, tap));
  return {std::move(passed.output), std::move(passed.last)};
}

using ForwardSignature = decltype(forward_operator<&run_forward>);
using BackwardSignature = decltype(backward_operator<&run_backward>);

template <class Signature> c10::TypedOperatorHandle<Signature> find_operator(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

}  // namespace

Passed call_forward(const LayerGiven& g, bool keep) {
  static const auto found = find_operator<ForwardSignature>("carousel::layer_forward");
  auto [output, last, tape] = found.call(g.cell, g.input, g.batch_sizes, g.weight_ih, g.weight_hh, g.bias_ih,
                                         g.bias_hh, g.vectors, g.initial, g.reverse, keep, g.tap);
  return {std::move(output), std::move(last), std::move(tape)};
}

Tensors call_backward(const LayerGiven& g, const LayerArriving& arriving, const Tensor& output,
                      const Tensors& tape, const std::vector<bool>& wanted) {
  static const auto found = find_operator<BackwardSignature>("carousel::layer_backward");
  c10::List<bool> flags;
  for (const bool one : wanted) flags.push_back(one);
  return found.call(g.cell, arriving.output, arriving.last, g.input, g.batch_sizes, g.weight_ih, g.weight_hh,
                    g.bias_ih, g.bias_hh, g.vectors, g.initial, output, tape, g.reverse, flags, g.tap);
}

std::string diagnose_operator(const c10::List<std::int64_t>& taps, std::int64_t directions,
                              std::optional<double> forget_bias) {
  return diagnose_taps(taps.vec(), directions, forget_bias);
}

std::tuple<std::string, std::string> analyse_operator(std::string cell, const c10::List<std::string>& names,
                                                      at::TensorList weights, std::int64_t layers,
                                                      bool bidirectional, const Tensor& rows,
                                                      at::IntArrayRef sizes, at::TensorList initial,
                                                      const Tensor& gradient, std::string title,
                                                      at::IntArrayRef limits) {
  const StackGiven given{std::move(cell), names.vec(),   weights.vec(), layers, bidirectional, rows,
                         sizes.vec(),     initial.vec(), gradient};
  auto found = analyse_stack(given, {.steps = limits[0], .lag_steps = limits[1], .exponents = limits[2]});
  std::string figures = found.to_json().dump();
  return {std::move(figures), analysis_page(title, {.trained = std::move(found), .initial = {}})};
}

std::string load_cell_operator(std::string key, std::string source, std::string file, std::string include) {
  return load_cell_as(key, source, file, include);
}

TORCH_LIBRARY(carousel, m) {
  m.set_python_module("carousel");
  m.def(
      "layer(str cell, Tensor input, Tensor? batch_sizes, Tensor weight_ih, Tensor? weight_hh, Tensor? "
      "bias_ih, "
      "Tensor? bias_hh, Tensor[] vectors, Tensor[] initial, bool reverse, int tap) -> (Tensor output, "
      "Tensor[] last)",
      {at::Tag::pt2_compliant_tag});
  m.def(
      "layer_forward(str cell, Tensor input, Tensor? batch_sizes, Tensor weight_ih, Tensor? weight_hh, "
      "Tensor? "
      "bias_ih, Tensor? bias_hh, Tensor[] vectors, Tensor[] initial, bool reverse, bool keep, int tap) -> "
      "(Tensor "
      "output, Tensor[] last, Tensor[] tape)",
      {at::Tag::pt2_compliant_tag});
  m.def(
      "layer_backward(str cell, Tensor? output_gradient, Tensor[] last_gradients, Tensor input, Tensor? "
      "batch_sizes, Tensor weight_ih, Tensor? weight_hh, Tensor? bias_ih, Tensor? bias_hh, Tensor[] vectors, "
      "Tensor[] initial, Tensor output, Tensor[] tape, bool reverse, bool[] wanted, int tap) -> Tensor[]",
      {at::Tag::pt2_compliant_tag});
  m.def("cells() -> str", &cells_as_json);
  m.def("open_tap(str cell, int steps) -> int", &open_tap);
  m.def("read_tap(int tap) -> Tensor[]", &read_tap);
  m.def("close_tap(int tap) -> ()", &close_tap);
  m.def("diagnose(int[] taps, int directions, float? forget_bias) -> str", &diagnose_operator);
  m.def(
      "analyse(str cell, str[] names, Tensor[] weights, int layers, bool bidirectional, Tensor rows, int[] "
      "sizes, "
      "Tensor[] initial, Tensor gradient, str title, int[3] limits) -> (str figures, str page)",
      &analyse_operator);
  m.def("load_cell(str key, str source, str file, str include) -> str", &load_cell_operator);
}

TORCH_LIBRARY_IMPL(carousel, CPU, m) {
  m.impl("layer_forward", forward_operator<&run_forward>);
  m.impl("layer_backward", backward_operator<&run_backward>);
}

TORCH_LIBRARY_IMPL(carousel, Meta, m) {
  m.impl("layer_forward", forward_operator<&fake_forward>);
  m.impl("layer_backward", backward_operator<&fake_backward>);
}

TORCH_LIBRARY_IMPL(carousel, CompositeExplicitAutograd, m) {
  m.impl("layer", layer_operator<&layer_without_gradient>);
}

TORCH_LIBRARY_IMPL(carousel, Autograd, m) {
  m.impl("layer", layer_operator<&layer_with_gradient>);
}

}  // namespace carousel::python
