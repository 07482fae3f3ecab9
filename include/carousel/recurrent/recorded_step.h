// A step as it wrote itself down, read on tensors: for what is put into a step from outside.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include <torch/types.h>

#include "carousel/recurrent/fused/symbol.h"

namespace carousel {

/// The value of every node of a step, in order; `leaf` gives those of leaves. A step has no other operations than a cell
/// can write.
std::vector<torch::Tensor> run_recorded(std::span<const fused::Node> step,
                                        const std::function<torch::Tensor(const fused::Node&)>& leaf);

/// Cell's step with the write gate's activation multiplied by `factors` [B, H].
template <FusableCell Cell>
Stepped<torch::Tensor, state_count<Cell>, gate_count<Cell>> evaluate_dropped(
    const Gates<torch::Tensor, gate_count<Cell>>& input,
    const Gates<torch::Tensor, gate_count<Cell>>& recurrent,
    const States<torch::Tensor, state_count<Cell>>& previous,
    const Vectors<torch::Tensor, vector_count<Cell>>& vectors, const torch::Tensor& factors) {
  static constexpr auto recorded = fused::record<fused::DroppedUpdate<Cell>>();
  const auto leaf = [&](const fused::Node& node) -> torch::Tensor {
    const auto index = static_cast<std::size_t>(node.b);
    switch (static_cast<fused::Leaf>(node.a)) {
      case fused::Leaf::input:
        return input[index];
      case fused::Leaf::recurrent:
        return recurrent[index];
      case fused::Leaf::previous:
        return previous[index];
      case fused::Leaf::vector:
        if constexpr (vector_count<Cell> > 0) return vectors[index];
        return {};
      default:
        return factors;
    }
  };
  const auto values =
      run_recorded({recorded.graph.nodes.data(), static_cast<std::size_t>(recorded.graph.count)}, leaf);
  Stepped<torch::Tensor, state_count<Cell>, gate_count<Cell>>
      stepped;  // one that is a number gets the others' shape
  for (std::size_t s = 0; s < state_count<Cell>; ++s)
    stepped.states[s] = values[static_cast<std::size_t>(recorded.states[s])].expand_as(previous[0]);
  for (std::size_t g = 0; g < gate_count<Cell>; ++g)
    stepped.gates[g] = values[static_cast<std::size_t>(recorded.gates[g])].expand_as(previous[0]);
  return stepped;
}

}  // namespace carousel
