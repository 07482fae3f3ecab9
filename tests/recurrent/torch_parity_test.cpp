// Outputs and every gradient against torch::nn::LSTM, GRU and RNN, over layers x directions x packed x
// batch-first x initial state x bias, in double and in float.
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "carousel/recurrent/cell_registry.h"

#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;
namespace rnn = torch::nn::utils::rnn;

struct LstmPair {
  using Ours = Lstm;
  using Theirs = torch::nn::LSTM;
  using TheirOptions = torch::nn::LSTMOptions;
  static TheirOptions options(std::int64_t i, std::int64_t h) { return {i, h}; }
};
struct GruPair {
  using Ours = Gru;
  using Theirs = torch::nn::GRU;
  using TheirOptions = torch::nn::GRUOptions;
  static TheirOptions options(std::int64_t i, std::int64_t h) { return {i, h}; }
};
struct RnnPair {
  using Ours = Rnn;
  using Theirs = torch::nn::RNN;
  using TheirOptions = torch::nn::RNNOptions;
  static TheirOptions options(std::int64_t i, std::int64_t h) { return {i, h}; }
};

struct Layout {
  int layers;
  bool bidirectional, packed, batch_first, initial_state, bias;
};

std::vector<Layout> all_layouts() {
  std::vector<Layout> layouts;
  for (int bits = 0; bits < 64; ++bits) {
    const auto bit = [&](int n) { return ((bits >> n) & 1) != 0; };
    layouts.push_back({bit(0) ? 3 : 1, bit(1), bit(2), bit(3), bit(4), bit(5)});
  }
  return layouts;
}

std::string describe(const Layout& l) {
  return fmt::format("layers {} bidirectional {} packed {} batch-first {} initial state {} bias {}", l.layers,
                     l.bidirectional, l.packed, l.batch_first, l.initial_state, l.bias);
}

std::vector<Tensor> as_list(const Tensor& state) {
  return {state};
}
std::vector<Tensor> as_list(const std::tuple<Tensor, Tensor>& state) {
  return {std::get<0>(state), std::get<1>(state)};
}

template <class State> State make_state(const std::vector<Tensor>& tensors) {
  if constexpr (std::is_same_v<State, Tensor>) {
    return tensors[0];
  } else {
    return {tensors[0], tensors[1]};
  }
}

constexpr std::int64_t steps = 6, batch = 4, inputs = 5, hidden = 7;

// Runs a module, of ours or of torch, on copies of the same leaves, and returns everything that came out of it.
template <class Module, class State>
NamedTensors run(Module& module, const Layout& layout, const Tensor& x, const std::vector<Tensor>& start) {
  const auto input = x.clone().requires_grad_();
  std::vector<Tensor> initial;
  for (const auto& state : start) initial.push_back(state.clone().requires_grad_());
  const auto lengths = torch::tensor({4, 6, 1, 3});

  Tensor output;
  std::vector<Tensor> last;
  const auto call = [&](auto&&... state) {
    if (layout.packed) {
      auto packed = rnn::pack_padded_sequence(input, lengths, layout.batch_first, /*enforce_sorted=*/false);
      auto [out, states] = module->forward_with_packed_input(packed, state...);
      output = std::get<0>(rnn::pad_packed_sequence(out, layout.batch_first));
      last = as_list(states);
    } else {
      auto [out, states] = module->forward(input, state...);
      output = out;
      last = as_list(states);
    }
  };
  if (layout.initial_state) {
    call(make_state<State>(initial));
  } else {
    call();
  }

  // A loss that weighs every number differently, so that no two errors can cancel.
  auto loss = (output * torch::linspace(-1, 2, output.numel(), output.options()).view_as(output)).sum();
  for (const auto& state : last) {
    loss = loss + (state.sin() * torch::linspace(2, -1, state.numel(), state.options()).view_as(state)).sum();
  }
  loss.backward();

  NamedTensors all{{"output", output}, {"input gradient", input.grad()}};
  for (const auto& state : last) all.push_back({"last state", state});
  for (const auto& state : initial) all.push_back({"initial state gradient", state.grad()});
  for (const auto& p : module->named_parameters()) all.push_back({p.key(), p.value().grad()});
  return all;
}

template <class Pair> void compare(torch::Dtype dtype, double tolerance) {
  using State = typename Pair::Ours::Impl::State;
  for (const auto& layout : all_layouts()) {
    SCOPED_TRACE(describe(layout));
    auto options = Pair::options(inputs, hidden);
    options.num_layers(layout.layers).bidirectional(layout.bidirectional);
    options.batch_first(layout.batch_first).bias(layout.bias);
    torch::manual_seed(3);
    typename Pair::Theirs theirs(options);
    torch::manual_seed(3);
    typename Pair::Ours ours(options);  // torch's own options object: the migration is the type's name
    ours->to(dtype);
    theirs->to(dtype);

    const auto x = layout.batch_first ? torch::randn({batch, steps, inputs}, dtype)
                                      : torch::randn({steps, batch, inputs}, dtype);
    const std::int64_t rows = layout.layers * (layout.bidirectional ? 2 : 1);
    std::vector<Tensor> start;
    for (std::size_t s = 0; s < Pair::Ours::Impl::S; ++s)
      start.push_back(torch::randn({rows, batch, hidden}, dtype));
    expect_equal(run<typename Pair::Ours, State>(ours, layout, x, start),
                 run<typename Pair::Theirs, State>(theirs, layout, x, start), tolerance);
  }
}

TEST(TorchParity, LstmEqualsTorchInDouble) {
  compare<LstmPair>(torch::kDouble, 1e-12);
}
TEST(TorchParity, GruEqualsTorchInDouble) {
  compare<GruPair>(torch::kDouble, 1e-12);
}
TEST(TorchParity, RnnEqualsTorchInDouble) {
  compare<RnnPair>(torch::kDouble, 1e-12);
}
TEST(TorchParity, LstmEqualsTorchInFloat) {
  compare<LstmPair>(torch::kFloat, 1e-5);
}
TEST(TorchParity, GruEqualsTorchInFloat) {
  compare<GruPair>(torch::kFloat, 1e-5);
}
TEST(TorchParity, RnnEqualsTorchInFloat) {
  compare<RnnPair>(torch::kFloat, 1e-5);
}

TEST(TorchParity, ReluRnnEqualsTorchsRnnWithRelu) {
  torch::manual_seed(5);
  torch::nn::RNN theirs(torch::nn::RNNOptions(inputs, hidden).num_layers(2).nonlinearity(torch::kReLU));
  torch::manual_seed(5);
  ReluRnn ours(RecurrentOptions(inputs, hidden).num_layers(2));
  const auto x = torch::randn({steps, batch, inputs});
  EXPECT_LE(difference(std::get<0>(ours->forward(x)), std::get<0>(theirs->forward(x))), 1e-6);
}

TEST(TorchParity, TheSameSeedGivesTorchsInitialWeights) {
  const auto options = torch::nn::LSTMOptions(3, 4).num_layers(2).bidirectional(true);
  torch::manual_seed(7);
  torch::nn::LSTM theirs(options);
  torch::manual_seed(7);
  Lstm ours(options);
  const auto a = ours->named_parameters(), b = theirs->named_parameters();
  ASSERT_EQ(a.keys(), b.keys());
  for (const auto& name : a.keys()) EXPECT_TRUE(torch::equal(a[name], b[name])) << name;
}

// Dropout masks are drawn in the same order as torch draws them, so even they agree.
TEST(TorchParity, DropoutBetweenLayersEqualsTorchsUnderTheSameSeed) {
  const auto options = torch::nn::GRUOptions(inputs, hidden).num_layers(3).dropout(0.5);
  torch::manual_seed(7);
  torch::nn::GRU theirs(options);
  torch::manual_seed(7);
  Gru ours(options);
  const auto x = torch::randn({steps, batch, inputs});
  torch::manual_seed(11);
  const auto expected = std::get<0>(theirs->forward(x));
  torch::manual_seed(11);
  const auto output = std::get<0>(ours->forward(x));
  EXPECT_LE(difference(output, expected), 1e-6);
  ours->eval();
  EXPECT_GT(difference(output, std::get<0>(ours->forward(x))), 1e-3)
      << "in evaluation mode nothing is dropped";
}

// The registry's torch cells hold the same weights under the same names, so a checkpoint of one is one of the other.
TEST(TorchParity, TheTorchCellsOfTheRegistryEqualOursOnPaddedAndPackedBatches) {
  const auto cells = CellRegistry::with_built_in();
  for (const char* name : {"lstm", "gru", "rnn", "relu-rnn"}) {
    const auto options = RecurrentOptions(inputs, hidden).num_layers(2).bidirectional(true);
    torch::manual_seed(9);
    const auto ours = cells.make(name, options);
    torch::manual_seed(9);
    const auto theirs = cells.make(std::string("torch-") + name, options);
    ASSERT_EQ(ours->named_parameters().keys(), theirs->named_parameters().keys());
    for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{4, 4, 4}, {4, 3, 1}}) {
      const auto rows = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
      const PackedBatch batch{torch::randn({rows, inputs}), sizes};
      const auto a = ours->run(batch, {}), b = theirs->run(batch, {});
      EXPECT_LE(difference(a.output, b.output), 1e-5) << name;
      for (std::size_t s = 0; s < a.states.size(); ++s)
        EXPECT_LE(difference(a.states[s], b.states[s]), 1e-5) << name;
    }
  }
}

}  // namespace
}  // namespace carousel::testing
