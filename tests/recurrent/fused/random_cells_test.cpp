// A hundred and more cells whose steps are drawn at random: the two engines agree on all of them.
#include "recurrent/fused/random_cells.h"

#include "carousel/recurrent/fused/fused_engine.h"
#include "carousel/recurrent/layer.h"

#include "support/parity.h"

namespace carousel::testing {

extern template std::vector<const fused::FusedCell*> kernels_of_part<0>();
extern template std::vector<const fused::FusedCell*> kernels_of_part<1>();
extern template std::vector<const fused::FusedCell*> kernels_of_part<2>();
extern template std::vector<const fused::FusedCell*> kernels_of_part<3>();
extern template std::vector<const fused::FusedCell*> kernels_of_part<4>();
extern template std::vector<const fused::FusedCell*> kernels_of_part<5>();
extern template std::vector<const fused::FusedCell*> kernels_of_part<6>();
extern template std::vector<const fused::FusedCell*> kernels_of_part<7>();

namespace {

using torch::Tensor;

struct Leaves {
  Tensor x = torch::randn({12, 4}, torch::kDouble);
  std::vector<Tensor> start{torch::randn({3, 5}, torch::kDouble), torch::randn({3, 5}, torch::kDouble)};
  LayerWeights weights{.weight_ih = torch::randn({15, 4}, torch::kDouble) * 0.5,
                       .weight_hh = torch::randn({15, 5}, torch::kDouble) * 0.5,
                       .bias_ih = torch::randn({15}, torch::kDouble) * 0.5,
                       .bias_hh = torch::randn({15}, torch::kDouble) * 0.5,
                       .vectors = {torch::randn({5}, torch::kDouble)}};

  std::vector<Tensor> all() const {
    return {x,
            start[0],
            start[1],
            weights.weight_ih,
            weights.weight_hh,
            weights.bias_ih,
            weights.bias_hh,
            weights.vectors[0]};
  }
};

NamedTensors gradients(const Leaves& leaves, const Tensor& output, const std::vector<Tensor>& last) {
  const auto weigh = [](const Tensor& y) {
    return (y * torch::linspace(-1, 2, y.numel(), y.options()).view_as(y)).sum();
  };
  const auto found = torch::autograd::grad({weigh(output) + weigh(last[0].sin()) + weigh(last[1].sin())},
                                           leaves.all(), {}, {}, false, /*allow_unused=*/true);
  NamedTensors named{{"output", output}, {"last h", last[0]}, {"last c", last[1]}};
  for (std::size_t i = 0; i < found.size(); ++i) {
    // A vector or bias that no operation drew has no gradient, or a gradient of zeros.
    named.push_back({"gradient " + std::to_string(i),
                     found[i].defined() ? found[i] : torch::zeros_like(leaves.all()[i])});
  }
  return named;
}

const LayerCall nobody;
const std::vector<std::int64_t> sizes{3, 3, 3, 2, 1};

fused::LayerOutput run_fused(const fused::FusedCell& cell, const Leaves& leaves) {
  return fused::run_layer({&cell, nobody, {leaves.x, sizes}}, leaves.weights, leaves.start);
}

/// A cell's step on tensors, whichever cell it is.
struct AnyLayer {
  std::function<Tensor(const Tensor&)> project;
  std::function<Stepped<Tensor, 2, 3>(const Tensor&, const States<Tensor, 2>&)> step;
};

template <int Seed> AnyLayer layer_of(const LayerWeights& weights) {
  const auto layer = std::make_shared<ElementwiseLayer<RandomCell<Seed>>>(weights);
  return {[layer](const Tensor& rows) { return layer->project(rows); },
          [layer](const Tensor& projected, const States<Tensor, 2>& previous) {
            return layer->step(projected, previous);
          }};
}

void compare(int seed, const fused::FusedCell& kernels, AnyLayer (*layer)(const LayerWeights&)) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  torch::manual_seed(static_cast<std::uint64_t>(seed));
  const Leaves leaves;
  for (auto& leaf : leaves.all()) leaf.requires_grad_();
  const auto fused = run_fused(kernels, leaves);
  const auto loop =
      run_loop<2>(layer(leaves.weights), {leaves.x, sizes}, {leaves.start[0], leaves.start[1]}, nobody);
  expect_equal(gradients(leaves, fused.output, fused.last),
               gradients(leaves, loop.output, {loop.last[0], loop.last[1]}), 1e-12);
}

template <int Part> void compare_part() {
  const auto kernels = kernels_of_part<Part>();
  [&]<int... Seeds>(std::integer_sequence<int, Seeds...>) {
    (compare(Part * cells_a_part + Seeds, *kernels[Seeds], &layer_of<Part * cells_a_part + Seeds>), ...);
  }(std::make_integer_sequence<int, cells_a_part>{});
}

TEST(FusedEngine, AgreesWithTheLoopEngineOnCellsDrawnAtRandom) {
  for (const auto level : {fused::SimdLevel::portable, fused::SimdLevel::avx2}) {
    if (level > fused::widest_simd_level()) continue;
    fused::force_simd_level(level);
    [&]<int... Parts>(std::integer_sequence<int, Parts...>) {
      (compare_part<Parts>(), ...);
    }(std::make_integer_sequence<int, parts>{});
  }
  fused::force_simd_level({});
}

}  // namespace
}  // namespace carousel::testing
