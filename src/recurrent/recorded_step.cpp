#include "carousel/recurrent/recorded_step.h"

#include <stdexcept>

#include "carousel/torch.h"

namespace carousel {

using fused::Op;
using torch::Tensor;

namespace {

Tensor value_of(Op op, const Tensor& a, const Tensor& b) {
  switch (op) {
    case Op::add:
      return a + b;
    case Op::sub:
      return a - b;
    case Op::mul:
      return a * b;
    case Op::div:
      return a / b;
    case Op::neg:
      return -a;
    case Op::sigmoid:
      return torch::sigmoid(a);
    case Op::tanh:
      return torch::tanh(a);
    case Op::exp:
      return torch::exp(a);
    case Op::log:
      return torch::log(a);
    case Op::relu:
      return torch::relu(a);
    case Op::softplus:
      return torch::softplus(a);
    case Op::abs:
      return torch::abs(a);
    case Op::min:
      return torch::minimum(a, b);
    case Op::max:
      return torch::maximum(a, b);
    case Op::sqrt:
      return torch::sqrt(a);
    case Op::square:
      return torch::square(a);
    default:
      throw std::logic_error("an operation that no step can write");
  }
}

}  // namespace

std::vector<Tensor> run_recorded(std::span<const fused::Node> step,
                                 const std::function<Tensor(const fused::Node&)>& leaf) {
  std::vector<Tensor> values;
  for (const auto& node : step) {
    const auto operand = [&](int id) { return id < 0 ? Tensor() : values.at(static_cast<std::size_t>(id)); };
    if (node.op == Op::leaf) {
      values.push_back(leaf(node));
    } else if (node.op == Op::constant) {
      values.push_back(leaf(step.front()).new_full({}, node.value));
    } else {
      values.push_back(value_of(node.op, operand(node.a), operand(node.b)));
    }
  }
  return values;
}

}  // namespace carousel
