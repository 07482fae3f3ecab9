#include "carousel/flow/jacobian.h"

#include "carousel/cells/unit_step.h"
#include "carousel/error.h"
#include "carousel/recurrent/recurrent_product.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

struct Projections {
  Tensor input, recurrent;  // [T B, G H]
};

/// Of every step at once: all states are known.
Projections projections(const LayerTrajectory& layer, const LayerWeights& weights, bool separate) {
  const auto h = layer.states.front().narrow(0, 0, layer.steps()).flatten(0, 1);
  Projections made{torch::linear(layer.input.flatten(0, 1), weights.weight_ih, weights.bias_ih),
                   torch::linear(h, weights.weight_hh, weights.bias_hh)};
  if (!separate) made.input = made.input + made.recurrent;
  return {made.input.contiguous(), made.recurrent.contiguous()};
}

}  // namespace

StepJacobians::StepJacobians(const RecurrentBase& module, const LayerTrajectory& layer)
    : layer_(layer),
      verbs_(module.layer_steps(layer.id)),
      weights_(module.weights(layer.id)),
      states_(static_cast<std::int64_t>(module.facts().states.size())),
      gates_(static_cast<std::int64_t>(module.facts().gates.size())),
      hidden_(module.options.hidden_size()) {
  const Tensor weight_hh = weights_.weight_hh.defined() ? weights_.weight_hh.detach() : Tensor();
  if (recurrence_of(weight_hh) != Recurrence{}) {
    structure_ = dense_recurrent(weight_hh.defined() ? torch::ones_like(weight_hh) : weight_hh,
                                 weights_.weight_ih.detach(), gates_, hidden_)
                     .view({gates_, hidden_, hidden_});
  }
  weights_.weight_hh = dense_recurrent(weights_.weight_hh, weights_.weight_ih, gates_, hidden_);
  if (const UnitStep* step = module.unit_step()) evaluate(*step, module.options.noise());
}

bool StepJacobians::begins_anew(std::int64_t t, std::int64_t sequence) const {
  return layer_.resets.defined() && layer_.resets[t][sequence].item<bool>();
}

void StepJacobians::evaluate(const UnitStep& step, const Noise& noise) {
  const torch::NoGradGuard no_grad;
  const auto [input, recurrent] = projections(layer_, weights_, step.separate_projections);
  const std::int64_t steps = layer_.steps(), sequences = layer_.sequences();
  std::vector<Tensor> kept;
  const auto pointer = [&](const Tensor& tensor) {
    return kept.emplace_back(tensor.detach().contiguous()).const_data_ptr<double>();
  };
  std::vector<const double*> states, vectors;
  for (const auto& state : layer_.states) states.push_back(pointer(state));
  for (const auto& vector : weights_.vectors) vectors.push_back(pointer(vector));
  const double *all_inputs = pointer(input), *all_recurrent = pointer(recurrent);

  const auto zeros = [&](std::int64_t directions) {
    return torch::zeros({states_, directions, steps, sequences, hidden_}, torch::kDouble);
  };
  to_gates_ = zeros(gates_), to_states_ = zeros(states_);
  auto *gate_out = to_gates_.mutable_data_ptr<double>(), *state_out = to_states_.mutable_data_ptr<double>();
  std::vector<double> in(step.gates), rec(step.gates), previous(step.states), learned(step.vectors);
  std::vector<double> partials(step.states * step.directions());
  const std::int64_t units = steps * sequences * hidden_;
  const auto kept_share = [&](std::int64_t s) { return noise.zoneout_of(static_cast<std::size_t>(s)); };

  for (std::int64_t row = 0; row < steps * sequences; ++row) {
    if (row / sequences >= layer_.lengths[static_cast<std::size_t>(row % sequences)]) continue;
    for (std::int64_t unit = 0; unit < hidden_; ++unit) {
      for (std::size_t g = 0; g < step.gates; ++g) {
        const std::int64_t place = (row * gates_ + static_cast<std::int64_t>(g)) * hidden_ + unit;
        in[g] = all_inputs[place], rec[g] = all_recurrent[place];
      }
      for (std::size_t s = 0; s < step.states; ++s) previous[s] = states[s][row * hidden_ + unit];
      for (std::size_t v = 0; v < step.vectors; ++v) learned[v] = vectors[v][unit];
      step.partials({in.data(), rec.data(), previous.data(), learned.data()}, partials.data());
      const double* partial = partials.data();
      for (std::int64_t s = 0; s < states_; ++s, partial += step.directions()) {
        for (std::int64_t g = 0; g < gates_; ++g) {
          gate_out[(s * gates_ + g) * units + row * hidden_ + unit] =
              (1.0 - kept_share(s)) * partial[step.first_recurrent() + static_cast<std::size_t>(g)];
        }
        for (std::int64_t from = 0; from < states_; ++from) {
          const double through = partial[step.first_previous() + static_cast<std::size_t>(from)];
          state_out[(s * states_ + from) * units + row * hidden_ + unit] =
              (1.0 - kept_share(s)) * through + (s == from ? kept_share(s) : 0.0);
        }
      }
    }
  }
}

Tensor StepJacobians::times(std::int64_t t, std::int64_t sequence, const Tensor& q) const {
  if (begins_anew(t, sequence)) return torch::zeros_like(q);
  if (!elementwise()) return torch::matmul(matrix_by_autograd(t, sequence), q);
  const torch::NoGradGuard no_grad;
  const auto columns = q.view({states_, hidden_, -1});
  const auto through_gates = torch::matmul(weights_.weight_hh, columns[0]).view({gates_, hidden_, -1});
  const auto at = [&](const Tensor& partials) {
    return partials.select(2, t).select(2, sequence).unsqueeze(-1);
  };
  // [S, from, H, 1] times [from, H, K], summed over what the gradient comes from
  const auto product = (at(to_gates_) * through_gates).sum(1) + (at(to_states_) * columns).sum(1);
  return product.view({size(), -1});
}

Tensor StepJacobians::matrix(std::int64_t t, std::int64_t sequence) const {
  if (!elementwise() && !begins_anew(t, sequence)) return matrix_by_autograd(t, sequence);
  return times(t, sequence, torch::eye(size(), torch::kDouble));
}

Tensor StepJacobians::matrix_by_autograd(std::int64_t t, std::int64_t sequence) const {
  // As many copies of the row as there are results: each sends the gradient of one of them back.
  const torch::AutoGradMode with_gradient(true);
  const auto row = layer_.input[t][sequence].unsqueeze(0);
  const auto projected = verbs_.project(row).detach().expand({size(), -1}).contiguous();
  std::vector<Tensor> previous;
  for (const auto& state : layer_.states) {
    previous.push_back(state[t][sequence].expand({size(), hidden_}).clone().requires_grad_());
  }
  const auto states = torch::cat(verbs_.step(projected, previous).states, 1);
  const auto rows = torch::autograd::grad({states}, previous, {torch::eye(size(), torch::kDouble)}, {}, false,
                                          /*allow_unused=*/true);
  std::vector<Tensor> blocks;
  for (std::size_t s = 0; s < rows.size(); ++s) {
    blocks.push_back(rows[s].defined() ? rows[s] : torch::zeros_like(previous[s]));
  }
  return torch::cat(blocks, 1);
}

PulledBack StepJacobians::pull_back(std::int64_t first, const Tensor& v) const {
  if (!elementwise()) throw Error("gradients of single steps need a cell with an elementwise step");
  const torch::NoGradGuard no_grad;
  const auto at = [&](const Tensor& partials) { return partials.narrow(2, first, v.size(1)); };
  PulledBack pulled{(at(to_gates_) * v.unsqueeze(1)).sum(0), (at(to_states_) * v.unsqueeze(1)).sum(0)};
  const auto weights = weights_.weight_hh.view({gates_, hidden_, hidden_});
  const auto rows = pulled.gates.view({gates_, -1, hidden_});
  pulled.previous[0] += torch::bmm(rows, weights).sum(0).view_as(pulled.previous[0]);
  if (layer_.resets.defined()) {
    const auto goes_on = layer_.resets.narrow(0, first, v.size(1)).logical_not().unsqueeze(-1);
    pulled.previous *= goes_on.to(torch::kDouble);
  }
  return pulled;
}

}  // namespace carousel
