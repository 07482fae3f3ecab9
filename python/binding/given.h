// What the operators of a layer are given.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "cells.h"

namespace carousel::python {

/// One layer and direction and its input. Padded: input [T, B, I], without batch_sizes. Packed: input [N, I], the rows of step 0,
/// then those of step 1, ..., and batch_sizes [T], which never grow. S states, G gates, H units.
struct LayerGiven {
  std::string cell;
  torch::Tensor input;
  std::optional<torch::Tensor> batch_sizes;
  torch::Tensor weight_ih;  ///< [G H, I]
  std::optional<torch::Tensor>
      weight_hh;  ///< as the recurrence says (cells/recurrence.h); its shape says which
  std::optional<torch::Tensor> bias_ih, bias_hh;  ///< [G H]; both or none
  std::vector<torch::Tensor> vectors;             ///< [H] each
  std::vector<torch::Tensor> initial;             ///< S tensors [B, H], or none for zeros
  bool reverse = false;
  std::int64_t tap = 0;  ///< who listens (taps.h); 0 for nobody

  /// Calls use(tensor) for all that can have a gradient, in one order: input, weights, biases, vectors, initial states.
  template <class Use> void for_each(Use use) {
    use(input);
    use(weight_ih);
    for (auto* one : {&weight_hh, &bias_ih, &bias_hh}) {
      if (*one) use(**one);
    }
    for (auto& one : vectors) use(one);
    for (auto& one : initial) use(one);
  }

  /// Those tensors.
  std::vector<torch::Tensor> tensors() const;
  /// The same layer with others in their place; what follows them in the list is ignored.
  LayerGiven with(const std::vector<torch::Tensor>& others) const;

  std::int64_t states() const { return static_cast<std::int64_t>(find_cell(cell).kernels()->states); }
  c10::SymInt units() const {
    return weight_ih.sym_size(0) / static_cast<std::int64_t>(find_cell(cell).kernels()->gates);
  }
};

/// Throws Error unless all fits each other: numbers, shapes, types, and that all lies on the CPU.
void check(const LayerGiven& given);

}  // namespace carousel::python
