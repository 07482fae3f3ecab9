#include "bench/contender.h"

#include <optional>

#include <fmt/format.h>
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
                           .recurrence(name == "fused-full" ? Recurrence{} : workload.recurrence);
  const auto module = cells.make(workload.cell, options);
  prepare(*module, workload);
  // A recorder is read after every update, so every run has a new one.
  const auto listen = [module, record = name == "fused-recording"] {
    if (record) module->observe(std::make_shared<FlowRecorder>());
  };
  std::function<Tensor()> forward = [module, inputs, listen] {
    listen();
    return module->run_padded(inputs.input, {}).first;
  };
  if (workload.shape.packed) {
    forward = [module, inputs, listen] {
      listen();
      return module->run_packed(*inputs.packed, {}).first.data();
    };
  }
  return {name, make_run(workload, inputs, module->parameters(), forward)};
}

template <class Module>
Contender torch_contender(Module module, const Workload& workload, const Inputs& inputs) {
  prepare(*module, workload);
  std::function<Tensor()> forward = [module, inputs]() mutable {
    return std::get<0>(module->forward(inputs.input));
  };
  if (workload.shape.packed) {
    forward = [module, inputs]() mutable {
      return std::get<0>(module->forward_with_packed_input(*inputs.packed)).data();
    };
  }
  return {"torch", make_run(workload, inputs, module->parameters(), forward)};
}

/// Throws Error where torch has no such layer. The seed gives the weights that our module has.
Contender torch_contender(const Workload& workload, const Inputs& inputs) {
  torch::manual_seed(1);
  const std::int64_t in = workload.shape.inputs, hidden = workload.shape.hidden;
  if (workload.cell == "lstm") return torch_contender(torch::nn::LSTM(in, hidden), workload, inputs);
  if (workload.cell == "gru") return torch_contender(torch::nn::GRU(in, hidden), workload, inputs);
  if (workload.cell == "rnn") return torch_contender(torch::nn::RNN(in, hidden), workload, inputs);
  if (workload.cell == "relu-rnn" || workload.cell == "irnn") {
    const auto options = torch::nn::RNNOptions(in, hidden).nonlinearity(torch::kReLU);
    return torch_contender(torch::nn::RNN(options), workload, inputs);
  }
  throw Error(fmt::format("torch has no layer of the cell {}", workload.cell));
}

Contender make_contender(const std::string& name, const Workload& workload, const Inputs& inputs,
                         const CellRegistry& cells) {
  if (name == "torch") return torch_contender(workload, inputs);
  Contender contender = carousel_contender(name, workload, inputs, cells);
  contender.run();  // an engine that lacks the cell says so here
  return contender;
}

}  // namespace

const std::vector<std::string>& contender_names() {
  static const std::vector<std::string> names{
      "fused", "fused-recording", "fused-saving", "fused-full", "loop", "torch"};
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
