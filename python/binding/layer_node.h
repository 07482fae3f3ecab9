// A layer as a node of the autograd graph, above the operators that do its work.
#pragma once

#include "layer.h"

namespace carousel::python {

/// The operators layer_forward and layer_backward by way of the dispatcher: so whoever traces a program sees them.
Passed call_forward(const LayerGiven& given, bool keep);
Tensors call_backward(const LayerGiven& given, const LayerArriving& arriving, const torch::Tensor& output,
                      const Tensors& tape, const std::vector<bool>& wanted);

Passed layer_without_gradient(const LayerGiven& given);

/// Gradients reach all tensors that need one, where the mode says so.
Passed layer_with_gradient(const LayerGiven& given);

}  // namespace carousel::python
