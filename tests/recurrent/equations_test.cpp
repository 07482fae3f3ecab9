// Cells of other recurrences against their papers' equations, written once more in torch's operations: the minimal
// ones as parallel scans in log space, the others as a loop.
#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

/// A module in double, its input [T, B, 3], and what the equations are of.
template <class Holder> struct Written {
  Holder module;
  Tensor input, projected;  ///< with both biases

  Written(RecurrentOptions options, std::int64_t steps) : module(options) {
    torch::manual_seed(1);
    module->reset_parameters();
    module->to(torch::kDouble);
    input = 2.0 * torch::randn({steps, 2, 3}, torch::kDouble);
    projected = torch::linear(input, weights().weight_ih, weights().bias_ih + weights().bias_hh);
  }

  LayerWeights weights() const { return module->weights({}); }
  std::vector<Tensor> gates(const Tensor& rows) const { return rows.chunk(module->facts().gates.size(), -1); }
  Tensor zeros() const { return torch::zeros({2, module->options.hidden_size()}, torch::kDouble); }

  /// Outputs and the gradients of every parameter are those of `output`.
  void expect(const Tensor& output, double tolerance) {
    const auto ours = module->run_padded(input, {}).first;
    const auto weigh = [](const Tensor& h) {
      return (h * torch::linspace(-1.0, 1.0, h.numel(), torch::kDouble).view_as(h)).sum();
    };
    EXPECT_LE(difference(ours, output), tolerance);
    const auto parameters = module->parameters();
    const auto found = torch::autograd::grad({weigh(ours)}, parameters);
    const auto expected = torch::autograd::grad({weigh(output)}, parameters);
    for (std::size_t p = 0; p < parameters.size(); ++p)
      EXPECT_LE(difference(found[p], expected[p]), tolerance) << module->named_parameters().keys()[p];
  }
};

Tensor log_positive(const Tensor& x) {
  return torch::where(x >= 0.0, torch::log(torch::relu(x) + 0.5), torch::log_sigmoid(x));
}

/// h[t] = keep[t] h[t-1] + write[t] value[t] from h = 0, of logarithms.
Tensor scanned(const Tensor& keep, const Tensor& written) {
  const auto kept = keep.cumsum(0);
  return torch::exp(kept + torch::logcumsumexp(written - kept, 0));
}

TEST(Equations, OfAMinGruAreItsScanInLogSpace) {
  Written<MinGru> written(RecurrentOptions(3, 6), 200);
  const auto gates = written.gates(written.projected);
  written.expect(
      scanned(torch::log_sigmoid(-gates[0]), torch::log_sigmoid(gates[0]) + log_positive(gates[1])), 1e-10);
}

TEST(Equations, OfAMinLstmAreItsScanInLogSpace) {
  Written<MinLstm> written(RecurrentOptions(3, 6), 200);
  const auto gates = written.gates(written.projected);
  const auto apart = torch::softplus(-gates[0]) - torch::softplus(-gates[1]);  // log i - log f
  written.expect(scanned(-torch::softplus(apart), -torch::softplus(-apart) + log_positive(gates[2])), 1e-10);
}

TEST(Equations, OfAnRgLruHaveAFiniteGradientWhereItsGateUnderflows) {
  torch::manual_seed(1);
  for (const auto dtype : {torch::kFloat, torch::kDouble}) {
    for (const auto engine : {Engine::loop, Engine::fused}) {
      RgLru module(RecurrentOptions(3, 6).engine(engine));
      module->to(dtype);
      torch::NoGradGuard no_grad;
      module->weights({}).bias_ih.narrow(0, 0, 6).fill_(-800.0);
      const torch::AutoGradMode with_gradient(true);
      const auto [output, state] = module->forward(torch::randn({5, 2, 3}, dtype));
      output.sum().backward();
      for (const auto& parameter : module->parameters())
        EXPECT_TRUE(parameter.grad().isfinite().all().item<bool>()) << parameter.sizes();
    }
  }
}

TEST(Equations, OfAParaGruResetTheStateBeforeItsDiagonal) {
  Written<ParaGru> written(RecurrentOptions(3, 6), 30);
  const auto x = torch::linear(written.input, written.weights().weight_ih, written.weights().bias_ih);
  const auto a = written.gates(written.weights().weight_hh), b = written.gates(written.weights().bias_hh);
  auto h = written.zeros();
  std::vector<Tensor> outputs;
  for (const auto& now : x.unbind(0)) {
    const auto pre = written.gates(now);
    const auto r = torch::sigmoid(pre[0] + a[0] * h + b[0]), z = torch::sigmoid(pre[1] + a[1] * h + b[1]);
    // The second bias of the candidate, which the paper has not, is inside the reset gate.
    const auto n = torch::tanh(pre[2] + a[2] * (h * r) + r * b[2]);
    h = (1.0 - z) * h + z * n;
    outputs.push_back(h);
  }
  written.expect(torch::stack(outputs), 1e-12);
}

TEST(Equations, OfAParaLstmCoupleItsGatesAndLetThemSeeTheMemory) {
  Written<ParaLstm> written(RecurrentOptions(3, 6), 30);
  const auto a = written.gates(written.weights().weight_hh);
  const auto& peephole = written.weights().vectors;
  auto h = written.zeros(), c = written.zeros();
  std::vector<Tensor> outputs;
  for (const auto& now : written.projected.unbind(0)) {
    const auto pre = written.gates(now);
    const auto f = torch::sigmoid(pre[0] + a[0] * h + peephole[0] * c);
    c = f * c + (1.0 - f) * torch::tanh(pre[1] + a[1] * h);
    h = torch::sigmoid(pre[2] + a[2] * h + peephole[1] * c) * torch::tanh(c);
    outputs.push_back(h);
  }
  written.expect(torch::stack(outputs), 1e-12);
}

TEST(Equations, OfAnSlstmWithHeadsMultiplyWithinAHeadAlone) {
  const std::int64_t heads = 3, size = 2;
  Written<Slstm> written(RecurrentOptions(3, heads * size).recurrence(Recurrence::parse("heads:3")), 30);
  auto h = written.zeros(), c = written.zeros(), n = written.zeros();
  std::vector<Tensor> outputs;
  for (const auto& now : written.projected.unbind(0)) {
    std::vector<Tensor> products(4);  // a gate's, of all heads side by side
    for (std::int64_t gate = 0; gate < 4; ++gate) {
      std::vector<Tensor> of_heads;
      for (std::int64_t head = 0; head < heads; ++head) {
        const auto block = written.weights().weight_hh[head].narrow(0, gate * size, size);
        of_heads.push_back(torch::linear(h.narrow(1, head * size, size), block));
      }
      products[static_cast<std::size_t>(gate)] = torch::cat(of_heads, 1);
    }
    const auto pre = written.gates(now + torch::cat(products, 1));
    // Without the stabiliser, which h does not depend on.
    const auto i = torch::exp(pre[0]), f = torch::sigmoid(pre[1]);
    c = f * c + i * torch::tanh(pre[2]), n = f * n + i;
    h = torch::sigmoid(pre[3]) * c / n;
    outputs.push_back(h);
  }
  written.expect(torch::stack(outputs), 1e-12);
}

}  // namespace
}  // namespace carousel::testing
