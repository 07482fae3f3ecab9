// Initial values are exact, in every layer and direction.
#include "carousel/recurrent/initialise.h"

#include <cmath>

#include "carousel/cells/layer_norm_lstm.h"
#include "carousel/error.h"

#include "support/error_of.h"
#include "support/parity.h"

namespace carousel::testing {
namespace {

const auto deep = RecurrentOptions(3, 4).num_layers(3).bidirectional(true);

template <class Cell> class KeepsMemory : public ::testing::Test {};
using CellsWithAKeepGate = ::testing::Types<LstmCell, GruCell, PeepholeLstmCell, CifgLstmCell, SlstmCell,
                                            MinLstmCell, SruCell, ParaLstmCell, LayerNormLstmCell>;
TYPED_TEST_SUITE(KeepsMemory, CellsWithAKeepGate);

TYPED_TEST(KeepsMemory, ForgetBiasIsEffectiveOnceInEveryLayerAndDirection) {
  RecurrentImpl<TypeParam> module(deep);
  const auto report = initialise(module, {.forget_bias = 1.0});
  ASSERT_EQ(report.size(), 6u);
  for (const auto& bias : report) {
    EXPECT_EQ(bias.min, 1.0) << bias.gate << " of layer " << bias.id.layer;
    EXPECT_EQ(bias.max, 1.0);
  }
}

TEST(ForgetBias, LeavesEveryOtherParameterAsItWas) {
  torch::manual_seed(1);
  RecurrentImpl<LstmCell> touched(deep);
  torch::manual_seed(1);
  RecurrentImpl<LstmCell> untouched(deep);
  initialise(touched, {.forget_bias = 1.0});
  for (const LayerId id : touched.layers()) {
    const auto a = touched.weights(id), b = untouched.weights(id);
    EXPECT_TRUE(torch::equal(a.weight_ih, b.weight_ih));
    EXPECT_TRUE(torch::equal(a.weight_hh, b.weight_hh));
    for (const int gate : {0, 2, 3}) {
      EXPECT_TRUE(torch::equal(a.bias_ih.narrow(0, gate * 4, 4), b.bias_ih.narrow(0, gate * 4, 4)));
      EXPECT_TRUE(torch::equal(a.bias_hh.narrow(0, gate * 4, 4), b.bias_hh.narrow(0, gate * 4, 4)));
    }
  }
}

TEST(Chrono, SpreadsTheMemoriesOverOneToTmaxAndMirrorsTheInputGate) {
  torch::manual_seed(1);
  RecurrentImpl<LstmCell> module(RecurrentOptions(3, 1000));
  const auto report = initialise(module, {.chrono_tmax = 100.0});
  EXPECT_GE(report[0].min, 0.0);
  EXPECT_LE(report[0].max, std::log(99.0));
  EXPECT_GT(report[0].max, std::log(90.0));
  const auto w = module.weights({});
  const auto bias = w.bias_ih + w.bias_hh;
  EXPECT_TRUE(torch::equal(bias.narrow(0, 0, 1000), -bias.narrow(0, 1000, 1000)));
  // exp(b) is uniform on [1, 99]: its mean is 50, with standard error 28.3 / sqrt(1000) = 0.9.
  EXPECT_NEAR(bias.narrow(0, 1000, 1000).exp().mean().item<double>(), 50.0, 4.0);
}

TEST(RecurrentMatrices, OrthogonalBlocksKeepEveryLength) {
  RecurrentImpl<LstmCell> module(deep);
  module.to(torch::kDouble);
  initialise(module, {.recurrent = RecurrentInit::orthogonal});
  for (const LayerId id : module.layers()) {
    for (const auto& block : module.weights(id).weight_hh.detach().chunk(4)) {
      EXPECT_LE(difference(block.matmul(block.t()), torch::eye(4, torch::kDouble)), 1e-12);
    }
  }
}

TEST(RecurrentMatrices, IdentityBlocksAreTheIdentity) {
  RecurrentImpl<ReluRnnCell> module(RecurrentOptions(3, 4));
  initialise(module, {.recurrent = RecurrentInit::identity});
  EXPECT_TRUE(torch::equal(module.weights({}).weight_hh, torch::eye(4)));
}

TEST(RecurrentMatrices, OfAnIrnnStartAsTheIdentityWithZeroBiasesUnlessToldOtherwise) {
  torch::manual_seed(1);
  RecurrentImpl<IrnnCell> module(deep);
  for (const LayerId id : module.layers()) {
    const auto weights = module.weights(id);
    EXPECT_TRUE(torch::equal(weights.weight_hh, torch::eye(4)));
    EXPECT_EQ((weights.bias_ih.abs() + weights.bias_hh.abs()).max().item<double>(), 0.0);
    EXPECT_GT(weights.weight_ih.abs().max().item<double>(), 0.0);
  }
  RecurrentImpl<IrnnCell> plain(deep);
  initialise(plain, {.recurrent = RecurrentInit::torch});
  EXPECT_FALSE(torch::equal(plain.weights({}).weight_hh, torch::eye(4)));
  EXPECT_GT(plain.weights({}).bias_hh.abs().min().item<double>(), 0.0);
  plain.reset_parameters();
  EXPECT_TRUE(torch::equal(plain.weights({}).weight_hh, torch::eye(4)));
}

TEST(RecurrentDiagonals, OfAnIndRnnStartAtOneWithZeroBiases) {
  RecurrentImpl<IndRnnCell> module(deep);
  for (const LayerId id : module.layers()) {
    EXPECT_TRUE(torch::equal(module.weights(id).weight_hh, torch::ones({4})));
    EXPECT_EQ(module.weights(id).bias_ih.abs().max().item<double>(), 0.0);
  }
}

TEST(LearnedVectors, OfAnRgLruStartWhereThePapersDecayLiesAndAreDrawnAnewThere) {
  torch::manual_seed(1);
  RecurrentImpl<RgLruCell> module(RecurrentOptions(3, 1000).num_layers(2).bidirectional(true));
  for (int time = 0; time < 2; ++time) {
    for (const LayerId id : module.layers()) {
      const auto decay = torch::exp(-8.0 * torch::softplus(module.weights(id).vectors[0].to(torch::kDouble)));
      EXPECT_GT(decay.min().item<double>(), 0.8999) << "the paper: U(0.9, 0.999)";
      EXPECT_LT(decay.min().item<double>(), 0.905);
      EXPECT_GT(decay.max().item<double>(), 0.9989);
      EXPECT_LT(decay.max().item<double>(), 0.9991);
    }
    const torch::NoGradGuard no_grad;
    for (auto& parameter : module.parameters()) parameter.zero_();
    module.reset_parameters();
  }
}

TEST(LearnedVectors, OfCellsWithoutARangeOfTheirOwnStartAsAllWeights) {
  torch::manual_seed(1);
  RecurrentImpl<LeakyRnnCell> module(RecurrentOptions(3, 100));
  EXPECT_NEAR(module.weights({}).vectors[0].abs().max().item<double>(), 0.1, 0.01);
}

TEST(Initialise, WithoutOptionsChangesNoWeightOfAnyCell) {
  RecurrentImpl<IrnnCell> trained(deep);
  const torch::NoGradGuard no_grad;
  for (auto& p : trained.parameters()) p.normal_();
  const auto before = trained.weights({}).weight_hh.clone(), bias = trained.weights({}).bias_hh.clone();
  initialise(trained, {});
  EXPECT_TRUE(torch::equal(trained.weights({}).weight_hh, before));
  EXPECT_TRUE(torch::equal(trained.weights({}).bias_hh, bias));
}

TEST(RecurrentMatrices, HaveTheSpectralRadiusAskedForInEveryBlock) {
  torch::manual_seed(1);
  RecurrentImpl<GruCell> module(RecurrentOptions(3, 20).num_layers(2));
  module.to(torch::kDouble);
  initialise(module, {.recurrent = RecurrentInit::radius, .radius = 0.95});
  for (const LayerId id : module.layers()) {
    for (const auto& block : module.weights(id).weight_hh.detach().chunk(3)) {
      EXPECT_NEAR(spectral_radius(block), 0.95, 1e-12);
    }
  }
}

TEST(RecurrentMatrices, NormalEntriesHaveTheStandardDeviationAskedFor) {
  torch::manual_seed(1);
  RecurrentImpl<RnnCell> module(RecurrentOptions(3, 100));
  initialise(module, {.recurrent = RecurrentInit::normal, .std = 0.1});
  EXPECT_NEAR(module.weights({}).weight_hh.std().item<double>(), 0.1, 0.005);
}

TEST(Initialise, WithDefaultOptionsChangesNothing) {
  torch::manual_seed(1);
  RecurrentImpl<LstmCell> a(deep);
  torch::manual_seed(1);
  RecurrentImpl<LstmCell> b(deep);
  initialise(a, {});
  for (const auto& name : a.named_parameters().keys()) {
    EXPECT_TRUE(torch::equal(a.named_parameters()[name], b.named_parameters()[name]));
  }
}

TEST(Initialise, RefusesWhatTheCellCannotHave) {
  RecurrentImpl<RnnCell> rnn(deep);
  EXPECT_THROW(initialise(rnn, {.forget_bias = 1.0}), Error);
  EXPECT_THROW(initialise(rnn, {.chrono_tmax = 50.0}), Error);
  RecurrentImpl<LstmCell> lstm(deep), without_bias(RecurrentOptions(3, 4).bias(false));
  EXPECT_THROW(initialise(lstm, {.forget_bias = 1.0, .chrono_tmax = 50.0}), Error);
  EXPECT_THROW(initialise(lstm, {.chrono_tmax = 1.0}), Error);
  EXPECT_THROW(initialise(lstm, {.recurrent = RecurrentInit::radius, .radius = 0.0}), Error);
  RecurrentImpl<MinGruCell> none(deep);
  EXPECT_EQ(
      error_of([&] { initialise(none, {.recurrent = RecurrentInit::orthogonal}); }),
      "the recurrence of mingru is none, so it has no recurrent matrix to start from: leave the recurrent "
      "initialisation at cell, or choose another recurrence");
  EXPECT_NE(error_of([&] { initialise(none, {.forget_bias = 1.0}); }), "");
  EXPECT_THROW(initialise(without_bias, {.forget_bias = 1.0}), Error);
}

}  // namespace
}  // namespace carousel::testing
