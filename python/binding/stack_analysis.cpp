#include "stack_analysis.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/recorded_recurrent.h"
#include "carousel/torch.h"

#include "cells.h"

namespace carousel::python {

using torch::Tensor;

namespace {

RecordedRecurrent make_stack(const StackGiven& given) {
  const auto& cell = find_cell(given.cell).cell;
  const bool bias = std::ranges::find(given.names, "bias_ih_l0") != given.names.end();
  const auto gates = static_cast<std::int64_t>(cell.facts.gates.size());
  RecordedRecurrent stack(cell, RecurrentOptions(given.rows.size(1), given.weights.front().size(0) / gates)
                                    .num_layers(given.layers)
                                    .bias(bias)
                                    .bidirectional(given.bidirectional));
  stack->to(torch::kDouble);
  const torch::NoGradGuard no_grad;
  auto parameters = stack->named_parameters();
  for (std::size_t i = 0; i < given.names.size(); ++i) {
    auto* own = parameters.find(given.names[i]);
    if (!own || own->sizes() != given.weights[i].sizes())
      throw Error(fmt::format("{} of shape {} is not a weight of {}", given.names[i],
                              c10::str(given.weights[i].sizes()), given.cell));
    own->copy_(given.weights[i]);
  }
  return stack;
}

}  // namespace

Analysis analyse_stack(const StackGiven& given, const AnalysisOptions& options) {
  const auto gradient = given.gradient.to(torch::kCPU, torch::kDouble);
  const FollowedBatch batch{{given.rows.detach(), given.sizes},
                            given.initial,
                            [gradient](const Tensor& output) { return (output * gradient).sum(); }};
  return analyse(*make_stack(given), batch, options);
}

}  // namespace carousel::python
