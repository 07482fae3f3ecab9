// What the tests of the analysis share.
#pragma once

#include "carousel/flow/jacobian.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/recurrent/initialise.h"

#include "support/parity.h"

/// h' = W x + U h + b: the linear network, whose gradient is known in closed form; a user's own cell.
struct OwnLinearCell {
  static constexpr const char* name = "own-linear";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};
  template <class V>
  static constexpr auto step(const carousel::Gates<V, 1>& pre, const carousel::States<V, 1>&) {
    return carousel::Stepped{carousel::States<V, 1>{pre[0]}, carousel::Gates<V, 1>{pre[0]}};
  }
};

namespace carousel::testing {

/// T steps of B sequences of I numbers, N(0, 1), all of one length.
inline PackedBatch random_rows(std::int64_t steps, std::int64_t sequences, std::int64_t inputs) {
  return {torch::randn({steps * sequences, inputs}, torch::kDouble),
          std::vector<std::int64_t>(static_cast<std::size_t>(steps), sequences)};
}

/// A loss with an error of its own at every row and unit.
inline torch::Tensor loss_of_all(const torch::Tensor& output) {
  const auto weight = torch::linspace(-1.0, 2.0, output.numel(), torch::kDouble).view(output.sizes());
  return (output * weight).sum() + 0.5 * output.square().sum();
}

/// A module that was followed, and the Jacobians of its layers.
struct Followed {
  Followed(const RecurrentBase& module, PackedBatch rows, LossOfOutput loss = loss_of_all,
           std::vector<torch::Tensor> initial = {})
      : copy(analysis_copy(module)),
        batch{std::move(rows), std::move(initial), std::move(loss)},
        layers(follow(*copy, batch)) {
    for (const auto& layer : layers) jacobians.emplace_back(*copy, layer);
  }
  Followed(const Followed&) = delete;

  std::shared_ptr<RecurrentBase> copy;
  FollowedBatch batch;
  std::vector<LayerTrajectory> layers;
  std::vector<StepJacobians> jacobians;
};

/// A linear network with W_hh = rho Q, Q orthogonal.
inline std::shared_ptr<RecurrentBase> linear_network(double rho, std::int64_t hidden) {
  torch::manual_seed(1);
  auto module = std::make_shared<RecurrentImpl<OwnLinearCell>>(RecurrentOptions(3, hidden));
  module->to(torch::kDouble);
  initialise(*module, {.recurrent = RecurrentInit::orthogonal});
  const torch::NoGradGuard no_grad;
  module->weights({}).weight_hh.mul_(rho);
  return module;
}

/// Every cell that the registry makes, torch's own layers left out.
inline std::vector<std::string> built_in_cells() {
  std::vector<std::string> names;
  for (const auto& name : CellRegistry::with_built_in().names()) {
    if (!name.starts_with("torch-")) names.push_back(name);
  }
  return names;
}

}  // namespace carousel::testing
