// A cell's step read on tensors: what the loop engine evaluates.
#pragma once

#include <concepts>
#include <utility>

#include <torch/types.h>

#include "carousel/cells/cell.h"

namespace carousel {

/// A value of a step on tensors: a tensor [B, H], or a number that goes with any of them. A tensor alone has no constants:
/// max(x, 1.0) would be torch's maximum over dimension 1, and V(1.0) nothing.
class TensorValue {
 public:
  TensorValue() = default;
  TensorValue(double number) : number_(number) {}  // NOLINT: a constant in a step
  explicit TensorValue(torch::Tensor tensor) : tensor_(std::move(tensor)) {}

  /// A number fills a tensor like `like`.
  torch::Tensor as(const torch::Tensor& like) const {
    return tensor_.defined() ? tensor_ : torch::full_like(like, number_);
  }

  friend TensorValue operator+(const TensorValue& x, const TensorValue& y) {
    return binary(x, y, [](const auto& a, const auto& b) { return a + b; });
  }
  friend TensorValue operator-(const TensorValue& x, const TensorValue& y) {
    return binary(x, y, [](const auto& a, const auto& b) { return a - b; });
  }
  friend TensorValue operator*(const TensorValue& x, const TensorValue& y) {
    return binary(x, y, [](const auto& a, const auto& b) { return a * b; });
  }
  friend TensorValue operator/(const TensorValue& x, const TensorValue& y) {
    return binary(x, y, [](const auto& a, const auto& b) { return a / b; });
  }
  friend TensorValue operator-(const TensorValue& x) {
    return x.tensor_.defined() ? TensorValue(-x.tensor_) : TensorValue(-x.number_);
  }

  /// Of two equal ones each has half of the gradient, also where one is a number.
  friend TensorValue min(const TensorValue& x, const TensorValue& y) {
    if (x.is_number() && y.is_number()) return min(Real(x.number_), Real(y.number_)).value;
    return TensorValue(torch::minimum(x.beside(y), y.beside(x)));
  }
  friend TensorValue max(const TensorValue& x, const TensorValue& y) {
    if (x.is_number() && y.is_number()) return max(Real(x.number_), Real(y.number_)).value;
    return TensorValue(torch::maximum(x.beside(y), y.beside(x)));
  }

  // Of tensors only: check_cell() refuses functions of a constant.
  friend TensorValue sigmoid(const TensorValue& x) { return TensorValue(torch::sigmoid(x.tensor_)); }
  friend TensorValue tanh(const TensorValue& x) { return TensorValue(torch::tanh(x.tensor_)); }
  friend TensorValue relu(const TensorValue& x) { return TensorValue(torch::relu(x.tensor_)); }
  friend TensorValue exp(const TensorValue& x) { return TensorValue(torch::exp(x.tensor_)); }
  friend TensorValue log(const TensorValue& x) { return TensorValue(torch::log(x.tensor_)); }
  friend TensorValue sqrt(const TensorValue& x) { return TensorValue(torch::sqrt(x.tensor_)); }
  friend TensorValue abs(const TensorValue& x) { return TensorValue(torch::abs(x.tensor_)); }
  friend TensorValue square(const TensorValue& x) { return TensorValue(torch::square(x.tensor_)); }
  friend TensorValue softplus(const TensorValue& x) { return TensorValue(torch::softplus(x.tensor_)); }

 private:
  bool is_number() const { return !tensor_.defined(); }
  /// A number as the tensor without dimensions that goes with another value's.
  torch::Tensor beside(const TensorValue& other) const {
    return is_number() ? other.tensor_.new_full({}, number_) : tensor_;
  }
  template <class F> static TensorValue binary(const TensorValue& x, const TensorValue& y, const F& f) {
    if (x.is_number() && y.is_number()) return f(x.number_, y.number_);
    if (x.is_number()) return TensorValue(f(torch::Scalar(x.number_), y.tensor_));
    if (y.is_number()) return TensorValue(f(x.tensor_, torch::Scalar(y.number_)));
    return TensorValue(f(x.tensor_, y.tensor_));
  }

  torch::Tensor tensor_;
  double number_ = 0.0;
};

/// Evaluates a cell's step on tensors [B, H]. A cell with `fused = false` is given tensors themselves.
template <ElementwiseCell Cell>
Stepped<torch::Tensor, state_count<Cell>, gate_count<Cell>> evaluate_on_tensors(
    const Gates<torch::Tensor, gate_count<Cell>>& input,
    const Gates<torch::Tensor, gate_count<Cell>>& recurrent,
    const States<torch::Tensor, state_count<Cell>>& previous,
    const Vectors<torch::Tensor, vector_count<Cell>>& vectors) {
  if constexpr (fusable<Cell>) {
    const auto values = []<std::size_t N>(const std::array<torch::Tensor, N>& tensors) {
      std::array<TensorValue, N> found;
      for (std::size_t i = 0; i < N; ++i) found[i] = TensorValue(tensors[i]);
      return found;
    };
    const auto stepped =
        evaluate<Cell, TensorValue>(values(input), values(recurrent), values(previous), values(vectors));
    const auto tensors = [&]<std::size_t N>(const std::array<TensorValue, N>& given) {
      std::array<torch::Tensor, N> found;
      for (std::size_t i = 0; i < N; ++i) found[i] = given[i].as(previous[0]);
      return found;
    };
    return {tensors(stepped.states), tensors(stepped.gates)};
  } else {
    auto stepped = evaluate<Cell, torch::Tensor>(input, recurrent, previous, vectors);
    static_assert(
        std::same_as<decltype(stepped), Stepped<torch::Tensor, state_count<Cell>, gate_count<Cell>>>,
        "a cell's step returns something else than its states and gates: write return "
        "Stepped{States<V, M>{...}, Gates<V, N>{...}}");
    return stepped;
  }
}

}  // namespace carousel
