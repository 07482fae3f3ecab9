// What Recurrent<Cell> promises besides torch's numbers.
#include "carousel/cells/layer_norm_lstm.h"
#include "carousel/recurrent/truncated.h"

#include "support/error_of.h"
#include "support/parity.h"

// Cells of a user's own, in their own namespace.
namespace users_own {

struct JanetCell {
  static constexpr const char* name = "janet";
  static constexpr std::array gates{"forget", "new"};
  static constexpr std::array states{"h"};

  template <class V>
  static constexpr auto step(const carousel::Gates<V, 2>& pre, const carousel::States<V, 1>& previous) {
    const V f = sigmoid(pre[0]), g = tanh(pre[1]);
    const V h = f * previous[0] + (1.0 - sigmoid(pre[0] - 1.0)) * g;
    return carousel::Stepped{carousel::States<V, 1>{h}, carousel::Gates<V, 2>{f, g}};
  }
};

// Its sine is known to tensors only, which it says.

struct WaveCell {
  static constexpr const char* name = "wave";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};
  static constexpr std::array vectors{"weight_leak"};
  static constexpr bool fused = false;

  template <class V>
  static constexpr auto step(const carousel::Gates<V, 1>& pre, const carousel::States<V, 1>& previous,
                             const carousel::Vectors<V, 1>& learned) {
    const V leak = sigmoid(learned[0]), fresh = sin(pre[0]);
    return carousel::Stepped{carousel::States<V, 1>{leak * previous[0] + (1.0 - leak) * fresh},
                             carousel::Gates<V, 1>{fresh}};
  }
};

static_assert(carousel::ElementwiseCell<WaveCell> && !carousel::fusable<WaveCell>);
static_assert(!carousel::ElementwiseCell<carousel::LayerNormLstmCell>);
static_assert(!carousel::fusable<carousel::LayerNormLstmCell>);
static_assert(carousel::fusable<carousel::SlstmCell>);

}  // namespace users_own

namespace carousel::testing {
namespace {

using torch::Tensor;

template <class Cell> class EveryCell : public ::testing::Test {};
using Cells = ::testing::Types<RnnCell, ReluRnnCell, LstmCell, GruCell, PeepholeLstmCell, CifgLstmCell,
                               SlstmCell, MguCell, IrnnCell, LeakyRnnCell, MinGruCell, MinLstmCell, SruCell,
                               IndRnnCell, ParaGruCell, ParaLstmCell, RgLruCell, CornnCell, LayerNormLstmCell,
                               users_own::JanetCell, users_own::WaveCell>;
TYPED_TEST_SUITE(EveryCell, Cells);

Recurrent<LstmCell> make_lstm(std::int64_t layers, bool bidirectional = false) {
  Lstm lstm(RecurrentOptions(3, 4).num_layers(layers).bidirectional(bidirectional));
  lstm->to(torch::kDouble);
  return lstm;
}

TYPED_TEST(EveryCell, HasTheGradientOfFiniteDifferences) {
  torch::manual_seed(1);
  RecurrentImpl<TypeParam> module(RecurrentOptions(3, 4).num_layers(2).bidirectional(true));
  module.to(torch::kDouble);
  const auto x = torch::randn({5, 2, 3}, torch::kDouble);
  const auto loss = [&] { return std::get<0>(module.forward(x)).sin().sum(); };
  loss().backward();
  const double eps = 1e-6;
  const torch::NoGradGuard no_grad;
  for (const auto& p : module.named_parameters()) {
    auto flat = p.value().view(-1);
    const auto index = flat.numel() / 2;
    const double kept = flat[index].template item<double>();
    flat[index] = kept + eps;
    const double above = loss().template item<double>();
    flat[index] = kept - eps;
    const double below = loss().template item<double>();
    flat[index] = kept;
    EXPECT_NEAR(p.value().grad().view(-1)[index].template item<double>(), (above - below) / (2 * eps), 1e-7)
        << p.key();
  }
}

TYPED_TEST(EveryCell, CanBeDifferentiatedTwice) {
  torch::manual_seed(1);
  RecurrentImpl<TypeParam> module(RecurrentOptions(3, 4));
  module.to(torch::kDouble);
  const auto x = torch::randn({4, 2, 3}, torch::kDouble).requires_grad_();
  const auto first =
      torch::autograd::grad({std::get<0>(module.forward(x)).sin().sum()}, {x}, {}, true, true)[0];
  const auto second = torch::autograd::grad({first.pow(2).sum()}, {x})[0];
  EXPECT_TRUE(second.isfinite().all().template item<bool>());
  EXPECT_GT(second.abs().max().template item<double>(), 0.0);
}

TYPED_TEST(EveryCell, PackedSequencesEqualEachSequenceRunAlone) {
  torch::manual_seed(1);
  RecurrentImpl<TypeParam> module(RecurrentOptions(3, 4).num_layers(2).bidirectional(true));
  module.to(torch::kDouble);
  const std::vector<std::int64_t> lengths{2, 5, 1, 5};
  const auto x = torch::randn({5, 4, 3}, torch::kDouble);
  const auto packed = torch::nn::utils::rnn::pack_padded_sequence(x, torch::tensor(lengths), false, false);
  auto [output, states] = module.run_packed(packed, {});
  const auto padded = std::get<0>(torch::nn::utils::rnn::pad_packed_sequence(output));
  for (std::int64_t b = 0; b < 4; ++b) {
    const auto length = lengths[static_cast<std::size_t>(b)];
    auto [alone, alone_states] = module.run_padded(x.slice(1, b, b + 1).slice(0, 0, length), {});
    EXPECT_LE(difference(padded.slice(1, b, b + 1).slice(0, 0, length), alone), 1e-14) << "sequence " << b;
    for (std::size_t s = 0; s < states.size(); ++s) {
      EXPECT_LE(difference(states[s].slice(1, b, b + 1), alone_states[s]), 1e-14) << "sequence " << b;
    }
  }
}

TYPED_TEST(EveryCell, AStateCarriedOnEqualsOneLongRun) {
  torch::manual_seed(1);
  RecurrentImpl<TypeParam> module(RecurrentOptions(3, 4).num_layers(2));
  const auto x = torch::randn({7, 2, 3});
  auto [whole, end] = module.forward(x);
  auto [first, middle] = module.forward(x.slice(0, 0, 3));
  auto [second, last] = module.forward(x.slice(0, 3), middle);
  EXPECT_LE(difference(torch::cat({first, second}), whole), 1e-6);
}

TYPED_TEST(EveryCell, AClonedModuleIsEqualAndIndependent) {
  RecurrentImpl<TypeParam> module(RecurrentOptions(3, 4).num_layers(2).bidirectional(true));
  auto copy = std::dynamic_pointer_cast<RecurrentImpl<TypeParam>>(module.clone());
  ASSERT_TRUE(copy);
  const auto x = torch::randn({4, 2, 3});
  const auto before = std::get<0>(module.forward(x)).detach();
  EXPECT_TRUE(torch::equal(std::get<0>(copy->forward(x)), before));
  const torch::NoGradGuard no_grad;
  for (auto& p : copy->parameters()) p.zero_();
  EXPECT_TRUE(torch::equal(std::get<0>(module.forward(x)), before));
}

TEST(Recurrent, ParametersCarryTorchsNames) {
  PeepholeLstm module(RecurrentOptions(3, 4).num_layers(2).bidirectional(true));
  const auto names = module->named_parameters().keys();
  EXPECT_EQ(names.front(), "weight_ih_l0");
  EXPECT_NE(std::find(names.begin(), names.end(), "weight_hh_l1_reverse"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "weight_cf_l0_reverse"), names.end());
  EXPECT_EQ(names.size(), 4u * 7u);
}

TEST(Recurrent, APeepholeLstmWithZeroPeepholesIsAnLstm) {
  torch::manual_seed(1);
  PeepholeLstm peephole(3, 4);
  Lstm lstm(3, 4);
  {
    const torch::NoGradGuard no_grad;
    auto named = peephole->named_parameters();
    for (const auto& p : lstm->named_parameters()) named[p.key()].copy_(p.value());
    for (const char* name : {"weight_ci_l0", "weight_cf_l0", "weight_co_l0"}) named[name].zero_();
  }
  const auto x = torch::randn({6, 2, 3});
  EXPECT_TRUE(torch::equal(std::get<0>(peephole->forward(x)), std::get<0>(lstm->forward(x))));
}

// The definition once more, written out with torch's own layer_norm on one step from zero states.
TEST(Recurrent, ALayerNormLstmStepIsTheFormulaOfThePaper) {
  torch::manual_seed(1);
  Recurrent<LayerNormLstmCell> module(3, 4);
  const auto p = module->named_parameters();
  const auto x = torch::randn({1, 2, 3});
  const auto pre = torch::layer_norm(x[0].matmul(p["cell_l0.weight_ih"].t()), {16}) + p["cell_l0.bias_ih"];
  const auto gate = pre.chunk(4, 1);
  const auto c = gate[0].sigmoid() * gate[2].tanh();
  const auto h = gate[3].sigmoid() * torch::layer_norm(c, {4}).tanh();
  EXPECT_LE(difference(std::get<0>(module->forward(x))[0], h), 1e-6);
}

TEST(Recurrent, TruncationKeepsTheOutputAndCutsTheGradient) {
  torch::manual_seed(1);
  auto lstm = make_lstm(2);
  const auto x = torch::randn({7, 2, 3}, torch::kDouble).requires_grad_();
  const PackedBatch batch{x.view({14, 3}), std::vector<std::int64_t>(7, 2)};
  const auto whole = lstm->run(batch, {});
  const auto cut = run_truncated(*lstm, batch, {}, 3);
  EXPECT_LE(difference(cut.output, whole.output), 1e-14);
  EXPECT_LE(difference(cut.states[1], whole.states[1]), 1e-14);
  cut.output.slice(0, 12).sum().backward();  // the loss of the last step, the first of the third segment
  EXPECT_EQ(x.grad().slice(0, 0, 6).abs().max().item<double>(), 0.0)
      << "segments before the loss get no gradient";
  EXPECT_GT(x.grad().slice(0, 6).abs().max().item<double>(), 0.0);
}

TEST(Recurrent, TruncationOfPackedSequencesKeepsTheStateOfThoseThatEnded) {
  torch::manual_seed(1);
  auto lstm = make_lstm(2);
  const PackedBatch batch{torch::randn({9, 3}, torch::kDouble), {3, 3, 2, 1}};
  const auto whole = lstm->run(batch, {});
  for (const std::int64_t k : {1, 2, 3}) {
    const auto cut = run_truncated(*lstm, batch, {}, k);
    for (std::size_t s = 0; s < 2; ++s)
      EXPECT_LE(difference(cut.states[s], whole.states[s]), 1e-14) << "k " << k;
  }
}

TEST(Recurrent, ACellWithAStepForTensorsAloneRunsOnTheLoopEngineAndSaysWhy) {
  Recurrent<users_own::WaveCell> wave(3, 4);
  EXPECT_EQ(wave->engine_choice().engine, Engine::loop);
  EXPECT_EQ(wave->engine_choice().reason, "the cell says fused = false");
  wave->options.engine(Engine::fused);
  EXPECT_EQ(
      error_of([&] { wave->forward(torch::zeros({2, 1, 3})); }),
      "the fused engine cannot run wave, because the cell says fused = false: choose the engine auto or "
      "loop");
  EXPECT_EQ(Recurrent<users_own::JanetCell>(3, 4)->engine_choice().engine, Engine::fused);
}

TEST(Recurrent, WrongShapesAreRefusedWithTheValueAndWhatItMustBe) {
  Lstm lstm(3, 4);
  const auto x = torch::zeros({5, 2, 3});
  EXPECT_EQ(error_of([&] { lstm->forward(torch::zeros({5, 2, 6})); }),
            "the input of lstm has 6 features a step: it was built for 3");
  EXPECT_EQ(error_of([&] { lstm->forward(torch::zeros({5, 3})); }),
            "the input of lstm has 2 dimensions: it must have 3, [T, B, I]");
  EXPECT_EQ(error_of([&] { lstm->forward(x, std::tuple(torch::zeros({1, 2, 4}), torch::zeros({1, 9, 4}))); }),
            "the initial state c of lstm has shape [1, 9, 4]: it must be [1, 2, 4]");
  EXPECT_EQ(error_of([] { Lstm(RecurrentOptions(3, 0)); }), "hidden_size is 0: it must be at least 1");
  EXPECT_EQ(error_of([] { Lstm(RecurrentOptions(3, 4).dropout(1.5)); }),
            "dropout is 1.5: it must be at least 0 and below 1");
  EXPECT_NE(error_of([] { Rnn(torch::nn::RNNOptions(3, 4).nonlinearity(torch::kReLU)); }), "");
}

}  // namespace
}  // namespace carousel::testing
