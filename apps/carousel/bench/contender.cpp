#include "bench/contender.h"

#include <optional>

#include <fmt/format.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/rnn.h>
#include <torch/utils.h>

#include "carousel/error.h"
#include "carousel/flow/recorder.h"
#include "carousel/recurrent/recurrent_base.h"

namespace carousel::cli {
namespace {

using torch::Tensor;
using torch::nn::utils::rnn::PackedSequence;

/// What every contender is given. A padded batch is `input` [T, B, I], a packed one the same rows, packed.
struct Inputs {
  Tensor input;                 // leaf; of a packed batch its data
  Tensor output_gradient = {};  // of the output's shape
  std::optional<PackedSequence> packed = {};
  Tensor resets = {};  // of its rows; undefined for none
};

Inputs make_inputs(const Workload& workload) {
  const BenchShape& shape = workload.shape;
  const auto options = torch::TensorOptions(workload.dtype);
  Inputs inputs{.input = torch::randn({shape.steps, shape.sequences, shape.inputs}, options)};
  if (shape.packed) {
    const auto packed = torch::nn::utils::rnn::pack_padded_sequence(
        inputs.input, torch::tensor(shape.lengths()), false, false);
    inputs.input = packed.data().detach().clone();
    inputs.packed.emplace(inputs.input, packed.batch_sizes(), packed.sorted_indices(),
                          packed.unsorted_indices());
  }
  if (workload.resets > 0.0) {
    const auto rows = inputs.input.sizes().slice(0, inputs.input.dim() - 1);
    inputs.resets = torch::rand(rows) < workload.resets;
  }
  inputs.input.set_requires_grad(workload.backward);
  auto sizes = inputs.input.sizes().vec();
  sizes.back() = shape.hidden;
  inputs.output_gradient = torch::randn(sizes, options);
  return inputs;
}

/// Gradients are set free before each run, as an optimiser's zero_grad() does: adding to old ones would cost.
std::function<Tensor()> make_run(const Workload& workload, const Inputs& inputs,
                                 std::vector<Tensor> parameters, std::function<Tensor()> forward) {
  if (!workload.backward) {
    return [forward = std::move(forward)] {
      const torch::NoGradGuard no_grad;
      return forward();
    };
  }
  parameters.push_back(inputs.input);
  return [inputs, parameters = std::move(parameters), forward = std::move(forward)] {
    for (const Tensor& parameter : parameters) parameter.mutable_grad() = Tensor();
    const Tensor output = forward();
    output.backward(inputs.output_gradient);
    return output.detach();
  };
}

void prepare(torch::nn::Module& module, const Workload& workload) {
  module.to(workload.dtype);
  module.train(workload.backward);
}

Contender carousel_contender(const std::string& name, const Workload& workload, const Inputs& inputs,
                             const CellRegistry& cells) {
  torch::manual_seed(1);
  const auto options = RecurrentOptions(workload.shape.inputs, workload.shape.hidden)
                           .engine(name == "loop" ? Engine::loop : Engine::fused)
                           .save_memory(name == "fused-saving")
                           .recurrence(recurrence_of_contender(name, workload.recurrence))
                           .noise(name == "fused-plain" ? Noise{} : workload.noise);
  const auto module = cells.make(workload.cell, options);
  prepare(*module, workload);
  // A recorder is read after every update, so every run has a new one.
  const auto listen = [module, record = name == "fused-recording"] {
    if (record) module->observe(std::make_shared<FlowRecorder>());
  };
  const Tensor resets = name == "fused-plain" ? Tensor() : inputs.resets;
  std::function<Tensor()> forward = [module, inputs, listen, resets] {
    listen();
    return module->run_padded(inputs.input, {}, resets).first;
  };
  if (workload.shape.packed) {
    forward = [module, inputs, listen, resets] {
      listen();
      return module->run_packed(*inputs.packed, {}, resets).first.data();
    };
  }
  return {name, make_run(workload, inputs, module->parameters(), forward)};
}

template <class Module>
Contender torch_contender(const std::string& name, Module module, const Workload& workload,
                          const Inputs& inputs) {
  prepare(*module, workload);
  std::function<Tensor()> forward = [module, inputs]() mutable {
    return std::get<0>(module->forward(inputs.input));
  };
  if (workload.shape.packed) {
    forward = [module, inputs]() mutable {
      return std::get<0>(module->forward_with_packed_input(*inputs.packed)).data();
    };
  }
  return {name, make_run(workload, inputs, module->parameters(), forward)};
}

/// log g of minGRU: log(x + 1/2) above 0, log sigmoid(x) below.
Tensor log_g(const Tensor& x) {
  return torch::where(x >= 0, (torch::relu(x) + 0.5).log(), -torch::softplus(-x));
}

/// minGRU as its paper computes it: a scan over all time steps at once, in the space of logarithms (Feng et al. 2024,
/// appendix B).
Contender scan_contender(const Workload& workload, const Inputs& inputs) {
  if (workload.cell != "mingru" || workload.shape.packed)
    throw Error("the scan is that of mingru, on sequences of one length");
  torch::manual_seed(1);
  const auto gates =
      std::make_shared<torch::nn::LinearImpl>(workload.shape.inputs, 2 * workload.shape.hidden);
  prepare(*gates, workload);
  const auto forward = [gates, inputs] {
    const auto pre = gates->forward(inputs.input).chunk(2, 2);
    const auto log_keep = at::log_sigmoid(-pre[0]).cumsum(0);
    const auto log_values = at::log_sigmoid(pre[0]) + log_g(pre[1]);
    return (log_keep + torch::logcumsumexp(log_values - log_keep, 0)).exp();
  };
  return {"scan", make_run(workload, inputs, gates->parameters(), forward)};
}

/// Throws Error where torch has no such layer. The seed gives the weights that our module has.
Contender torch_contender(const Workload& workload, const Inputs& inputs) {
  torch::manual_seed(1);
  const std::int64_t in = workload.shape.inputs, hidden = workload.shape.hidden;
  if (workload.cell == "lstm") return torch_contender("torch", torch::nn::LSTM(in, hidden), workload, inputs);
  if (workload.cell == "gru") return torch_contender("torch", torch::nn::GRU(in, hidden), workload, inputs);
  if (workload.cell == "rnn") return torch_contender("torch", torch::nn::RNN(in, hidden), workload, inputs);
  if (workload.cell == "relu-rnn" || workload.cell == "irnn") {
    const auto options = torch::nn::RNNOptions(in, hidden).nonlinearity(torch::kReLU);
    return torch_contender("torch", torch::nn::RNN(options), workload, inputs);
  }
  throw Error(fmt::format("torch has no layer of the cell {}", workload.cell));
}

Contender make_contender(const std::string& name, const Workload& workload, const Inputs& inputs,
                         const CellRegistry& cells) {
  const std::int64_t in = workload.shape.inputs, hidden = workload.shape.hidden;
  if (name == "torch") return torch_contender(workload, inputs);
  if (name == "torch-gru") return torch_contender(name, torch::nn::GRU(in, hidden), workload, inputs);
  if (name == "torch-lstm") return torch_contender(name, torch::nn::LSTM(in, hidden), workload, inputs);
  if (name == "scan") return scan_contender(workload, inputs);
  Contender contender = carousel_contender(name, workload, inputs, cells);
  contender.run();  // an engine that lacks the cell says so here
  return contender;
}

}  // namespace

std::optional<Recurrence> recurrence_of_contender(const std::string& contender,
                                                  const std::optional<Recurrence>& asked) {
  if (contender.starts_with("torch") || contender == "fused-full") return Recurrence{};
  if (contender == "fused-none") return Recurrence{.form = Recurrence::Form::none};
  return asked;
}

const std::vector<std::string>& contender_names() {
  static const std::vector<std::string> names{"fused",      "fused-recording", "fused-saving", "fused-full",
                                              "fused-none", "fused-plain",     "loop",         "scan",
                                              "torch",      "torch-gru",       "torch-lstm"};
  return names;
}

std::vector<Contender> make_contenders(const Workload& workload, const std::vector<std::string>& names,
                                       const CellRegistry& cells, std::vector<std::string>& left_out) {
  cells.find(workload.cell);  // an unknown cell is nobody's to leave out
  torch::manual_seed(2);
  const Inputs inputs = make_inputs(workload);
  std::vector<Contender> contenders;
  for (const std::string& name : names) {
    try {
      contenders.push_back(make_contender(name, workload, inputs, cells));
    } catch (const Error& error) {
      left_out.push_back(fmt::format("{} is left out: {}", name, error.what()));
    }
  }
  return contenders;
}

std::function<void()> make_gemm(torch::Dtype dtype) {
  const auto a = torch::randn({gemm_size, gemm_size}, dtype), b = torch::randn({gemm_size, gemm_size}, dtype);
  return [a, b, result = torch::empty_like(a)]() mutable {
    const torch::NoGradGuard no_grad;
    torch::mm_out(result, a, b);
  };
}

}  // namespace carousel::cli
