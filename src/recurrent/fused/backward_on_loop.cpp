#include "job.h"

namespace carousel::fused {

using torch::Tensor;
using torch::autograd::variable_list;

namespace {

/// The layer once more on the loop engine, from aliases of its inputs: one may have been computed from another.
LayerOutput run_once_more(const Job& job, const variable_list& inputs) {
  const auto from = [&](std::size_t i) { return inputs.begin() + static_cast<std::ptrdiff_t>(i); };
  LayerWeights weights{
      .weight_ih = inputs[1], .weight_hh = inputs[2], .bias_ih = {}, .bias_hh = {}, .vectors = {}};
  if (job.recurrence.form == Recurrence::Form::none) weights.weight_hh = Tensor();
  if (job.bias) weights.bias_ih = inputs[3], weights.bias_hh = inputs[4];
  weights.vectors.assign(from(job.first_vector()), from(job.first_initial()));
  LayerCall again = job.request.call;
  again.tap.observer = nullptr, again.tap.sums = job.sums;
  if (job.start) again.start.assign(from(job.first_start()), inputs.end());
  const auto& batch = job.request.batch;
  return job.request.loop(again, {inputs[0], batch.sizes, batch.resets}, weights,
                          {from(job.first_initial()), from(job.first_start())});
}

variable_list gradients_on_loop(const Job& job, const variable_list& saved, const variable_list& gradients,
                                bool create_graph) {
  const torch::AutoGradMode with_gradient(true);
  variable_list inputs;
  for (std::size_t i = 0; i < job.count(); ++i) {
    inputs.push_back(saved[i].requires_grad() ? saved[i].view_as(saved[i]) : saved[i]);
  }
  const auto result = run_once_more(job, inputs);

  variable_list outputs, output_gradients, wanted;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const auto& output = i == 0 ? result.output : result.last[i - 1];
    // A state may depend on nothing that needs a gradient, a peephole LSTM's c on its weight_co for one.
    if (!gradients[i].defined() || !output.requires_grad()) continue;
    outputs.push_back(output);
    output_gradients.push_back(gradients[i]);
  }
  for (const auto& input : inputs) {
    if (input.requires_grad()) wanted.push_back(input);
  }
  variable_list found, all{Tensor()};
  if (outputs.empty()) {
    for (const auto& input : wanted) found.push_back(torch::zeros_like(input));
  } else {
    found = torch::autograd::grad(outputs, wanted, output_gradients, {}, create_graph, /*allow_unused=*/true);
  }
  auto next = found.begin();
  for (const auto& input : inputs) all.push_back(input.requires_grad() ? *next++ : Tensor());
  return all;
}

}  // namespace

variable_list backward_on_loop(Job& job, const variable_list& saved, const variable_list& gradients,
                               bool create_graph) {
  const auto& tap = job.tap();
  if (!tap.observer) return gradients_on_loop(job, saved, gradients, create_graph);
  if (!job.sums) job.sums = std::make_shared<GradientSums>(tap.observer, tap.id, tap.first_step);
  const GradientSums::Within within(*job.sums);
  return gradients_on_loop(job, saved, gradients, create_graph);
}

}  // namespace carousel::fused
