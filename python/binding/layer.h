// A layer and direction as operators of torch, which its dispatcher, its compiler and its exporter know:
//
//   carousel::layer           what a program calls; gradients reach all that is given
//   carousel::layer_forward   the same without a gradient; with `keep` it returns what the backward pass reads
//   carousel::layer_backward  the gradients that are wanted, in the order of LayerGiven::for_each()
//
// Each has a fake kernel, which tells shapes alone. Second derivatives go by the loop of torch operations.
#pragma once

#include <tuple>

#include "given.h"

namespace carousel::python {

using Tensors = std::vector<torch::Tensor>;

/// h of every step, [T, B, H] or [N, H]; the last states, S tensors [B, H]; and the tape, one tensor, or none.
struct Passed {
  torch::Tensor output;
  Tensors last, tape;
};

/// The forward pass on the fused engine. Throws Error where check() does.
Passed run_forward(const LayerGiven& given, bool keep);

/// What arrives at a layer on the way back, and what it kept.
struct LayerArriving {
  std::optional<torch::Tensor> output;  ///< dL/d(output); none for zeros
  Tensors last;                         ///< dL/d(last states), all of them, or none for zeros
};

/// The wanted gradients one after the other, each as its tensor. `wanted` has an entry for each tensor that was given.
Tensors run_backward(const LayerGiven& given, const LayerArriving& arriving, const torch::Tensor& output,
                     const Tensors& tape, const std::vector<bool>& wanted);

/// The same on the loop engine; what it returns can be differentiated. A tensor that was not wanted is undefined, and all have
/// an entry.
Tensors run_backward_again(const LayerGiven& given, const LayerArriving& arriving);

/// The shapes of what run_forward and run_backward return.
Passed fake_forward(const LayerGiven& given, bool keep);
Tensors fake_backward(const LayerGiven& given, const LayerArriving& arriving, const torch::Tensor& output,
                      const Tensors& tape, const std::vector<bool>& wanted);

}  // namespace carousel::python
