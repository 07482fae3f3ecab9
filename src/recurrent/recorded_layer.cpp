#include "carousel/recurrent/recorded_layer.h"

#include "carousel/recurrent/recorded_step.h"
#include "carousel/recurrent/run_on_loop.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

bool RecordedCell::step_reads_h() const {
  const auto& step = kernels().step;
  const auto h = std::ranges::find(step, fused::leaf(fused::Leaf::previous, 0));
  if (h == step.end()) return false;
  const auto id = static_cast<int>(h - step.begin());
  const auto uses = [id](const fused::Node& node) {
    return has_operands(node) && (node.a == id || node.b == id || node.c == id);
  };
  return std::ranges::any_of(step, uses) || std::ranges::count(kernels().state_nodes, id) > 0;
}

LayerStep RecordedLayer::step(const Tensor& projected, std::span<const Tensor> previous, const Tensor& h,
                              const Tensor& factors) const {
  const auto blocks = products_.blocks(projected, h);
  const auto leaf = [&](const fused::Node& node) -> Tensor {
    const auto index = static_cast<std::size_t>(node.b);
    switch (static_cast<fused::Leaf>(node.a)) {
      case fused::Leaf::input:
        return blocks.input[index];
      case fused::Leaf::recurrent:
        return blocks.recurrent[index];
      case fused::Leaf::previous:
        return previous[index];
      case fused::Leaf::vector:
        return products_.weights().vectors[index];
      default:
        return factors;
    }
  };
  const fused::FusedCell& cell = factors.defined() ? *cell_.kernels().dropping : cell_.kernels();
  const auto values = run_recorded(cell.step, leaf);
  const auto at = [&](const auto& nodes, std::size_t count) {
    std::vector<Tensor> found;
    for (std::size_t i = 0; i < count; ++i) found.push_back(values[static_cast<std::size_t>(nodes[i])]);
    return found;
  };
  // A gate or a state may be a number to the step; what it returns has a row a sequence.
  LayerStep stepped{at(cell.state_nodes, cell.states), at(cell.gate_nodes, cell.gates)};
  for (auto* tensors : {&stepped.states, &stepped.gates}) {
    for (auto& tensor : *tensors) tensor = tensor.expand_as(previous[0]);
  }
  return stepped;
}

namespace {

/// The same with S states, as the time loop wants them.
template <std::size_t S> struct SizedLayer {
  struct Step {
    std::array<Tensor, S> states;
    std::vector<Tensor> gates;
  };

  Tensor project(const Tensor& input) const { return layer.project(input); }
  Step step(const Tensor& projected, const std::array<Tensor, S>& previous, const LoopNoise& noise,
            std::int64_t t) const {
    auto stepped =
        layer.step(projected, previous, noise.read(previous[0]), noise.update(t, projected.size(0)));
    Step sized{{}, std::move(stepped.gates)};
    std::ranges::move(stepped.states, sized.states.begin());
    return sized;
  }

  RecordedLayer layer;
};

}  // namespace

fused::LayerOutput run_recorded_layer(const RecordedCell& cell, const LayerCall& call,
                                      const PackedBatch& batch, const LayerWeights& weights,
                                      const std::vector<Tensor>& initial) {
  fused::LayerOutput output;
  const auto with = [&]<std::size_t S>() {
    if (cell.facts.states.size() != S) return;
    const auto make = [&](const LayerWeights& joined) { return SizedLayer<S>{RecordedLayer(cell, joined)}; };
    output = run_on_loop<S>(call, batch, weights, initial, cell.facts.gates.size(), make);
  };
  [&]<std::size_t... S>(std::index_sequence<S...>) {
    (with.template operator()<S + 1>(), ...);
  }(std::make_index_sequence<fused::max_states>{});
  return output;
}

}  // namespace carousel
