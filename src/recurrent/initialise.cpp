#include "carousel/recurrent/initialise.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/nn/init.h>

#include "carousel/error.h"
#include "carousel/recurrent/recurrent_base.h"
#include "carousel/recurrent/recurrent_product.h"

namespace carousel {

using torch::Tensor;

namespace {

Tensor gate_block(const Tensor& rows, int gate, std::int64_t hidden) {
  return rows.defined() ? rows.narrow(0, gate * hidden, hidden) : Tensor{};
}

void set_gate_bias(const LayerWeights& weights, int gate, std::int64_t hidden, const Tensor& values) {
  gate_block(weights.bias_ih, gate, hidden).copy_(values);
  if (weights.bias_hh.defined()) gate_block(weights.bias_hh, gate, hidden).zero_();
}

/// A number of the diagonal of a recurrence that is one: +1 or -1, the orthogonal matrices of one row.
void fill_orthogonal_diagonal(Tensor diagonal) {
  diagonal.copy_(diagonal.new_empty(diagonal.sizes()).normal_().sign());
}

// As Python's torch.nn.init.orthogonal_. The one of LibTorch draws in float, and so is orthogonal to 1e-7 only.
void fill_orthogonal(Tensor block) {
  const auto [q, r] = torch::linalg_qr(block.new_empty(block.sizes()).normal_());
  block.copy_(q * r.diagonal().sign());
}

void fill_identity(Tensor block) {
  if (block.dim() == 1) {
    block.fill_(1.0);
  } else {
    torch::nn::init::eye_(block);
  }
}

/// A matrix, or the diagonal of one.
void fill_recurrent(Tensor block, const InitOptions& options) {
  switch (options.recurrent) {
    case RecurrentInit::cell:
    case RecurrentInit::torch:
      return;
    case RecurrentInit::orthogonal:
      if (block.dim() == 1) return fill_orthogonal_diagonal(block);
      fill_orthogonal(block);
      return;
    case RecurrentInit::identity:
      fill_identity(block);
      return;
    case RecurrentInit::normal:
      block.normal_(0.0, options.std);
      return;
    case RecurrentInit::radius:
      block.normal_();
      block.mul_(options.radius / spectral_radius(block));
      return;
  }
}

/// What a cell that starts as the identity has in place of torch's draws.
void draw_as_torch(const LayerWeights& weights, std::int64_t hidden) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(hidden));
  for (Tensor weight : {weights.weight_hh, weights.bias_ih, weights.bias_hh}) {
    if (weight.defined()) weight.uniform_(-bound, bound);
  }
}

void check(const RecurrentBase& module, const InitOptions& options) {
  const auto& facts = module.facts();
  if (options.forget_bias && options.chrono_tmax) {
    throw Error("forget bias and chrono initialisation both set the same bias: give one of them");
  }
  if (options.chrono_tmax && *options.chrono_tmax < 2.0) {
    throw Error(
        fmt::format("chrono initialisation with Tmax {}: it must be at least 2 steps", *options.chrono_tmax));
  }
  if (options.recurrent == RecurrentInit::radius && !(options.radius > 0.0)) {
    throw Error(fmt::format("a spectral radius of {}: it must be above 0", options.radius));
  }
  if (options.recurrent == RecurrentInit::normal && !(options.std > 0.0)) {
    throw Error(fmt::format("a standard deviation of {}: it must be above 0", options.std));
  }
  const bool drawn = options.recurrent != RecurrentInit::cell && options.recurrent != RecurrentInit::torch;
  if (drawn && module.options.recurrence()->form == Recurrence::Form::none) {
    throw Error(fmt::format(
        "the recurrence of {} is none, so it has no recurrent matrix to start from: leave the recurrent "
        "initialisation at cell, or choose another recurrence",
        facts.name));
  }
  const bool square =
      options.recurrent == RecurrentInit::radius || options.recurrent == RecurrentInit::identity;
  if (square && module.options.proj_size() > 0) {
    throw Error(fmt::format(
        "the recurrent matrices of {} read a projected h (proj_size {}) and are not square: leave the "
        "recurrent initialisation at cell, orthogonal or normal",
        facts.name, module.options.proj_size()));
  }
  if (!options.forget_bias && !options.chrono_tmax) return;
  const std::string_view asked = options.forget_bias ? "a forget bias" : "chrono initialisation";
  if (facts.keep_gate < 0) {
    throw Error(fmt::format(
        "cell {} has no gate that keeps its memory, so {} cannot be set: leave it out, or use lstm "
        "or gru",
        facts.name, asked));
  }
  if (!module.options.bias())
    throw Error(fmt::format("{} needs bias vectors, but the module has none", asked));
}

}  // namespace

double spectral_radius(const Tensor& matrix) {
  if (matrix.dim() == 1) return matrix.abs().max().item<double>();
  return torch::linalg_eigvals(matrix.detach().to(torch::kCPU, torch::kDouble)).abs().max().item<double>();
}

std::vector<GateBias> initialise(RecurrentBase& module, const InitOptions& options) {
  check(module, options);
  const torch::NoGradGuard no_grad;
  const auto& facts = module.facts();
  const std::int64_t hidden = module.options.hidden_size();
  for (const LayerId id : module.layers()) {
    const auto weights = module.weights(id);
    const int gates = static_cast<int>(facts.gates.size());
    if (options.recurrent == RecurrentInit::torch && facts.identity_start) draw_as_torch(weights, hidden);
    for (int gate = 0; gate < gates; ++gate) {
      for (const auto& block : recurrent_blocks(weights.weight_hh, gate, hidden))
        fill_recurrent(block, options);
    }
    if (options.forget_bias) {
      set_gate_bias(weights, facts.keep_gate, hidden, torch::full({hidden}, *options.forget_bias));
    }
    if (options.chrono_tmax) {
      const auto bias = torch::empty({hidden}).uniform_(1.0, *options.chrono_tmax - 1.0).log();
      set_gate_bias(weights, facts.keep_gate, hidden, bias);
      if (facts.write_gate >= 0) set_gate_bias(weights, facts.write_gate, hidden, -bias);
    }
  }
  return keep_gate_bias(module);
}

void start_as_identity(RecurrentBase& module) {
  const torch::NoGradGuard no_grad;
  const std::int64_t hidden = module.options.hidden_size();
  for (const LayerId id : module.layers()) {
    const auto weights = module.weights(id);
    for (std::size_t gate = 0; gate < module.facts().gates.size(); ++gate) {
      for (const auto& block : recurrent_blocks(weights.weight_hh, static_cast<std::int64_t>(gate), hidden))
        fill_identity(block);
    }
    for (Tensor bias : {weights.bias_ih, weights.bias_hh}) {
      if (bias.defined()) bias.zero_();
    }
  }
}

void start_vectors(RecurrentBase& module) {
  const torch::NoGradGuard no_grad;
  const auto starts = module.facts().vector_starts;
  for (const LayerId id : module.layers()) {
    const auto vectors = module.weights(id).vectors;
    for (std::size_t v = 0; v < starts.size(); ++v)
      torch::nn::init::uniform_(vectors[v], starts[v].low, starts[v].high);
  }
}

std::vector<GateBias> keep_gate_bias(const RecurrentBase& module) {
  const torch::NoGradGuard no_grad;
  const auto& facts = module.facts();
  std::vector<GateBias> report;
  if (facts.keep_gate < 0) return report;
  for (const LayerId id : module.layers()) {
    const auto weights = module.weights(id);
    if (!weights.bias_ih.defined()) continue;
    const auto all = weights.bias_hh.defined() ? weights.bias_ih + weights.bias_hh : weights.bias_ih;
    const auto bias = gate_block(all, facts.keep_gate, module.options.hidden_size()).to(torch::kDouble);
    report.push_back({id, facts.gates[static_cast<std::size_t>(facts.keep_gate)], bias.mean().item<double>(),
                      bias.min().item<double>(), bias.max().item<double>()});
  }
  return report;
}

}  // namespace carousel
