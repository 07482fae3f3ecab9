#include "given.h"

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/packed_batch.h"
#include "carousel/recurrent/recurrent_product.h"

namespace carousel::python {

using torch::Tensor;

std::vector<Tensor> LayerGiven::tensors() const {
  std::vector<Tensor> all;
  LayerGiven(*this).for_each([&](const Tensor& one) { all.push_back(one); });
  return all;
}

LayerGiven LayerGiven::with(const std::vector<Tensor>& others) const {
  LayerGiven made = *this;
  auto next = others.begin();
  made.for_each([&](Tensor& one) { one = *next++; });
  return made;
}

namespace {

void check_shape(const std::string& what, const Tensor& tensor, at::IntArrayRef shape) {
  if (tensor.sizes() == shape) return;
  throw Error(
      fmt::format("{} has the shape {}: it must be {}", what, c10::str(tensor.sizes()), c10::str(shape)));
}

void check_count(const char* what, std::size_t count, std::size_t wanted, const std::string& cell) {
  if (count == wanted) return;
  throw Error(fmt::format("{} {} were given: the cell {} has {}", count, what, cell, wanted));
}

void check_type(const Tensor& tensor, const Tensor& weight) {
  if (tensor.device().is_cpu() && tensor.scalar_type() == weight.scalar_type()) return;
  throw Error(fmt::format("a tensor of the layer is {} on {}: all must be on the CPU and {}, as weight_ih is",
                          c10::toString(tensor.scalar_type()), tensor.device().str(),
                          c10::toString(weight.scalar_type())));
}

std::int64_t checked_sequences(const LayerGiven& given) {
  const std::int64_t dimensions = given.batch_sizes ? 2 : 3;
  if (given.input.dim() != dimensions || given.input.size(-1) != given.weight_ih.size(1)) {
    throw Error(fmt::format("input has the shape {}: it must be {}{}], the columns of weight_ih",
                            c10::str(given.input.sizes()), given.batch_sizes ? "[N, " : "[T, B, ",
                            given.weight_ih.size(1)));
  }
  if (!given.batch_sizes) return given.input.size(1);
  const auto& sizes = *given.batch_sizes;
  if (!sizes.device().is_cpu() || sizes.dim() != 1 || sizes.numel() == 0 ||
      sizes.scalar_type() != torch::kLong) {
    throw Error(fmt::format("batch_sizes is {} of shape {} on {}: it must be int64 [T] on the CPU",
                            c10::toString(sizes.scalar_type()), c10::str(sizes.sizes()),
                            sizes.device().str()));
  }
  const auto numbers = given.batch_sizes->contiguous();
  const auto* first = numbers.const_data_ptr<std::int64_t>();
  check_sizes({given.input, {first, first + numbers.numel()}});
  return *first;
}

void check_weights(const LayerGiven& given, const NamedCell& cell, std::int64_t units) {
  const auto gates = static_cast<std::int64_t>(cell.kernels()->gates), rows = gates * units;
  const Tensor recurrent = given.weight_hh.value_or(Tensor());
  if (recurrent.defined() && (recurrent.dim() < 1 || recurrent.dim() > 3))
    throw Error(fmt::format("weight_hh has {} dimensions: it must have 2, 3 of heads, or 1 of a diagonal",
                            recurrent.dim()));
  const auto recurrence = recurrence_of(recurrent);
  recurrence.check(units);
  if (recurrent.defined()) check_shape("weight_hh", recurrent, recurrence.shape(gates, units));
  if (given.bias_ih.has_value() != given.bias_hh.has_value())
    throw Error("only one of bias_ih and bias_hh was given: give both or none");
  if (given.bias_ih)
    check_shape("bias_ih", *given.bias_ih, {rows}), check_shape("bias_hh", *given.bias_hh, {rows});
  check_count("learned vectors", given.vectors.size(), cell.kernels()->vectors, given.cell);
  for (const auto& vector : given.vectors) check_shape("a learned vector", vector, {units});
}

}  // namespace

void check(const LayerGiven& given) {
  const auto& cell = find_cell(given.cell);
  const auto& weight = given.weight_ih;
  const auto support = fused::supports(weight);
  if (!support.fits) throw Error(fmt::format("{}: they must be float or double on the CPU", support.reason));
  const auto gates = static_cast<std::int64_t>(cell.kernels()->gates);
  if (weight.dim() != 2 || weight.size(0) == 0 || weight.size(0) % gates != 0) {
    throw Error(fmt::format("weight_ih has the shape {}: it must be [{} H, I], the cell {} having {} gates",
                            c10::str(weight.sizes()), gates, given.cell, gates));
  }
  for (const auto& tensor : given.tensors()) check_type(tensor, weight);
  const std::int64_t units = weight.size(0) / gates, sequences = checked_sequences(given);
  check_weights(given, cell, units);
  if (!given.initial.empty())
    check_count("initial states", given.initial.size(), cell.kernels()->states, given.cell);
  for (const auto& state : given.initial) check_shape("an initial state", state, {sequences, units});
}

}  // namespace carousel::python
