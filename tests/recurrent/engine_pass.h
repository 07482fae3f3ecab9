// One forward and backward pass of a module on an engine, with everything that comes out of it.
#pragma once

#include <fmt/format.h>

#include "carousel/recurrent/recurrent_base.h"
#include "carousel/torch.h"

#include "support/parity.h"

namespace carousel::testing {

/// Outputs, states and all gradients. Masks are drawn from seed 5.
inline NamedTensors engine_pass(RecurrentBase& module, Engine engine, const PackedBatch& batch,
                                const std::vector<torch::Tensor>& initial) {
  module.options.engine(engine);
  PackedBatch own = batch;
  own.data = batch.data.detach().clone().requires_grad_();
  std::vector<torch::Tensor> start, inputs{own.data};
  for (const auto& state : initial) start.push_back(state.detach().clone().requires_grad_());
  inputs.insert(inputs.end(), start.begin(), start.end());
  for (const auto& parameter : module.parameters()) inputs.push_back(parameter);
  torch::manual_seed(5);
  const auto result = module.run(own, start);
  NamedTensors named{{"output", result.output}};
  auto loss = (result.output *
               torch::linspace(-1.0, 1.0, result.output.numel(), torch::kDouble).view_as(result.output))
                  .sum();
  for (const auto& state : result.states)
    loss = loss + state.square().sum(), named.push_back({"state", state});
  const auto gradients = torch::autograd::grad({loss}, inputs, {}, {}, false, /*allow_unused=*/true);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    named.push_back({fmt::format("gradient {}", i),
                     gradients[i].defined() ? gradients[i] : torch::zeros_like(inputs[i])});
  return named;
}

/// Initial states from U[1, 2): positive, as every cell's normaliser wants them, and far from zero.
inline std::vector<torch::Tensor> states_for(const RecurrentBase& module, std::int64_t sequences) {
  std::vector<torch::Tensor> initial;
  for (const auto& state : module.start(sequences)) initial.push_back(torch::rand_like(state) + 1.0);
  return initial;
}

/// Learned starts likewise.
inline void draw_starts(const RecurrentBase& module) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : module.named_parameters()) {
    if (parameter.key().starts_with("start_")) parameter.value().uniform_(0.5, 1.5);
  }
}

}  // namespace carousel::testing
