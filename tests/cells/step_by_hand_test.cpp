// The first rung: one step of each cell on numbers, against its formula worked out by hand.
#include <cmath>

#include <gtest/gtest.h>

#include "carousel/cells/cifg_lstm.h"
#include "carousel/cells/cornn.h"
#include "carousel/cells/dual.h"
#include "carousel/cells/gru.h"
#include "carousel/cells/indrnn.h"
#include "carousel/cells/irnn.h"
#include "carousel/cells/leaky_rnn.h"
#include "carousel/cells/lstm.h"
#include "carousel/cells/mgu.h"
#include "carousel/cells/min_gru.h"
#include "carousel/cells/min_lstm.h"
#include "carousel/cells/paragru.h"
#include "carousel/cells/paralstm.h"
#include "carousel/cells/peephole_lstm.h"
#include "carousel/cells/rglru.h"
#include "carousel/cells/rnn.h"
#include "carousel/cells/slstm.h"
#include "carousel/cells/sru.h"

namespace carousel {
namespace {

constexpr double tiny = 1e-15;
double s(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

TEST(StepByHand, AnLstmWithClosedForgetGateForgetsItsCell) {
  const auto [states, gates] = LstmCell::step<Real>({0.0, -800.0, 0.5, 0.0}, {0.1, 7.0});
  EXPECT_NEAR(states[1].value, 0.5 * std::tanh(0.5), tiny);
  EXPECT_EQ(gates[1].value, 0.0);
}

TEST(StepByHand, AnLstmWithOpenForgetGateAddsToItsCell) {
  const auto [states, gates] = LstmCell::step<Real>({1.0, 800.0, 0.5, -1.0}, {0.1, 2.0});
  const double c = 2.0 + s(1.0) * std::tanh(0.5);
  EXPECT_NEAR(states[1].value, c, tiny);
  EXPECT_NEAR(states[0].value, s(-1.0) * std::tanh(c), tiny);
}

TEST(StepByHand, AGruWithOpenUpdateGateKeepsItsState) {
  const auto [states, gates] = GruCell::step<Real>({0.0, 800.0, 0.3}, {0.0, 0.0, 0.2}, {0.7});
  EXPECT_NEAR(states[0].value, 0.7, tiny);
}

TEST(StepByHand, AGrusResetGateActsOnTheRecurrentProjectionOfTheCandidate) {
  const auto [states, gates] = GruCell::step<Real>({1.0, -800.0, 0.3}, {0.5, 0.0, 0.2}, {0.7});
  EXPECT_NEAR(states[0].value, std::tanh(0.3 + s(1.5) * 0.2), tiny);
}

TEST(StepByHand, APeepholeSeesTheOldCellAtTheInputAndTheNewOneAtTheOutput) {
  const auto [states, gates] =
      PeepholeLstmCell::step<Real>({0.0, 0.0, 1.0, 0.0}, {0.0, 2.0}, {0.5, -0.5, 3.0});
  const double c = s(-1.0) * 2.0 + s(1.0) * std::tanh(1.0);
  EXPECT_NEAR(states[1].value, c, tiny);
  EXPECT_NEAR(gates[3].value, s(3.0 * c), tiny);
}

TEST(StepByHand, ARnnIsTheHyperbolicTangentAndAReluRnnTheRectifier) {
  EXPECT_NEAR(RnnCell::step<Real>({0.4}, {9.0}).states[0].value, std::tanh(0.4), tiny);
  EXPECT_EQ(ReluRnnCell::step<Real>({-0.4}, {9.0}).states[0].value, 0.0);
  EXPECT_EQ(ReluRnnCell::step<Real>({0.4}, {9.0}).states[0].value, 0.4);
}

TEST(StepByHand, ACifgLstmWritesWhatItForgets) {
  const auto [states, gates] = CifgLstmCell::step<Real>({0.4, 0.5, -1.0}, {0.1, 0.6});
  const double c = s(0.4) * 0.6 + (1.0 - s(0.4)) * std::tanh(0.5);
  EXPECT_NEAR(states[1].value, c, tiny);
  EXPECT_NEAR(states[0].value, s(-1.0) * std::tanh(c), tiny);
}

TEST(StepByHand, AnMgusOneGateResetsTheCandidateAndMixesTheState) {
  const auto [states, gates] = MguCell::step<Real>({0.4, 0.3}, {0.2, -0.7}, {0.9});
  const double f = s(0.6), n = std::tanh(0.3 - 0.7 * f);
  EXPECT_NEAR(states[0].value, (1.0 - f) * 0.9 + f * n, tiny);
}

TEST(StepByHand, AnIrnnIsTheRectifier) {
  EXPECT_EQ(IrnnCell::step<Real>({-0.4}, {9.0}).states[0].value, 0.0);
  EXPECT_EQ(IrnnCell::step<Real>({0.4}, {9.0}).states[0].value, 0.4);
}

TEST(StepByHand, ALeakyRnnMovesByItsRate) {
  EXPECT_NEAR(LeakyRnnCell::step<Real>({0.4}, {0.9}, {-800.0}).states[0].value, 0.9, tiny);
  const double h = 0.9 + s(0.5) * (std::tanh(0.4) - 0.9);
  EXPECT_NEAR(LeakyRnnCell::step<Real>({0.4}, {0.9}, {0.5}).states[0].value, h, tiny);
}

TEST(StepByHand, AnSlstmsFirstStepFromZerosIsItsInputAlone) {
  for (const double input : {-700.0, -3.0, 0.0, 3.0, 700.0}) {
    const auto [states, gates] = SlstmCell::step<Real>({input, -2.0, 0.5, 1.0}, {0.0, 0.0, 0.0, 0.0});
    EXPECT_NEAR(states[0].value, s(1.0) * std::tanh(0.5), tiny) << input;
    EXPECT_EQ(states[2].value, 1.0) << input;
    EXPECT_EQ(states[3].value, input);
  }
}

// The paper's equations without the stabiliser, which h does not depend on: i = exp(i~), f = sigmoid(f~).
TEST(StepByHand, AnSlstmIsTheWeightedMeanOfWhatCameIn) {
  const std::array<double, 3> input{0.5, -1.0, 2.0}, forget{0.3, -0.4, 1.0}, value{0.7, -0.2, 0.4};
  States<Real, 4> states{0.0, 0.0, 0.0, 0.0};
  double c = 0.0, n = 0.0;
  for (std::size_t t = 0; t < 3; ++t) {
    states = SlstmCell::step<Real>({input[t], forget[t], value[t], 0.1}, states).states;
    c = s(forget[t]) * c + std::exp(input[t]) * std::tanh(value[t]);
    n = s(forget[t]) * n + std::exp(input[t]);
    EXPECT_NEAR(states[0].value, s(0.1) * c / n, tiny);
    EXPECT_GE(states[2].value, 1.0);
  }
}

TEST(StepByHand, AnSlstmStaysFiniteWhereItsExponentialsWouldNot) {
  States<Real, 4> states{0.0, 0.0, 0.0, 0.0};
  for (const double input : {900.0, -900.0, 1e4, -1e4, 0.0}) {
    states = SlstmCell::step<Real>({input, 1.0, 0.5, 800.0}, states).states;
    EXPECT_NEAR(states[0].value, std::tanh(0.5), tiny) << input;
  }
}

TEST(StepByHand, AMinGruMixesItsStateWithAPositiveCandidate) {
  EXPECT_NEAR(MinGruCell::step<Real>({0.4, 2.0}, {0.9}).states[0].value, (1.0 - s(0.4)) * 0.9 + s(0.4) * 2.5,
              tiny);
  EXPECT_NEAR(MinGruCell::step<Real>({0.4, -2.0}, {0.9}).states[0].value,
              (1.0 - s(0.4)) * 0.9 + s(0.4) * s(-2.0), tiny);
  EXPECT_EQ(MinGruCell::step<Real>({800.0, 0.0}, {0.9}).states[0].value, 0.5);
  EXPECT_EQ(MinGruCell::step<Real>({-800.0, 0.0}, {0.9}).states[0].value, 0.9);
}

TEST(StepByHand, AMinLstmsGatesShareOutOne) {
  const auto [states, gates] = MinLstmCell::step<Real>({0.4, -0.7, 1.5}, {0.9});
  const double f = s(0.4) / (s(0.4) + s(-0.7));
  EXPECT_NEAR(gates[0].value, f, tiny);
  EXPECT_NEAR(gates[1].value, s(-0.7) / (s(0.4) + s(-0.7)), tiny);
  EXPECT_NEAR(states[0].value, f * 0.9 + (1.0 - f) * 2.0, tiny);
}

TEST(StepByHand, AMinLstmWithShutGatesWeighsThemAsTheyAreAndDividesNoZeroByZero) {
  for (const double shut : {-10.0, -100.0, -800.0, -1e4}) {
    const auto [states, gates] = MinLstmCell::step<Real>({shut, shut - 1.0, 1.5}, {0.9});
    EXPECT_NEAR(gates[0].value, s(1.0), 1e-5) << shut;
  }
}

TEST(StepByHand, AnSruSeesItsOldMemoryAndPassesItsInputBy) {
  const auto [states, gates] = SruCell::step<Real>({0.8, 0.4, -0.3, 1.7}, {9.0, 2.0}, {0.5, -0.25});
  const double f = s(0.4 + 1.0), r = s(-0.3 - 0.5), c = f * 2.0 + (1.0 - f) * 0.8;
  EXPECT_NEAR(states[1].value, c, tiny);
  EXPECT_NEAR(states[0].value, r * c + (1.0 - r) * 1.7, tiny);
}

TEST(StepByHand, AnIndRnnIsTheRectifierOnADiagonal) {
  EXPECT_EQ(IndRnnCell::step<Real>({-0.4}, {9.0}).states[0].value, 0.0);
  EXPECT_EQ(IndRnnCell::step<Real>({0.4}, {9.0}).states[0].value, 0.4);
  EXPECT_EQ(facts_of<IndRnnCell>().recurrence.text(), "diagonal");
}

TEST(StepByHand, AParaGrusUpdateGateLetsTheCandidateIn) {
  const auto [states, gates] = ParaGruCell::step<Real>({1.0, 0.4, 0.3}, {0.5, -0.2, 0.6}, {0.7});
  const double r = s(1.5), z = s(0.2), n = std::tanh(0.3 + r * 0.6);
  EXPECT_NEAR(states[0].value, (1.0 - z) * 0.7 + z * n, tiny);
  EXPECT_NEAR(ParaGruCell::step<Real>({1.0, -800.0, 0.3}, {0.5, 0.0, 0.6}, {0.7}).states[0].value, 0.7, tiny);
}

TEST(StepByHand, AParaLstmWritesWhatItForgetsAndItsGatesSeeTheOldAndTheNewMemory) {
  const auto [states, gates] = ParaLstmCell::step<Real>({0.4, 0.5, -1.0}, {0.1, 0.6}, {0.5, 3.0});
  const double f = s(0.4 + 0.3), c = f * 0.6 + (1.0 - f) * std::tanh(0.5), o = s(-1.0 + 3.0 * c);
  EXPECT_NEAR(states[1].value, c, tiny);
  EXPECT_NEAR(states[0].value, o * std::tanh(c), tiny);
}

TEST(StepByHand, AnRgLruKeepsTheVarianceOfWhatItHolds) {
  const auto [states, gates] = RgLruCell::step<Real>({0.4, -0.7, 1.5}, {0.9}, {-3.0});
  const double a = std::exp(-8.0 * std::log1p(std::exp(-3.0)) * s(0.4));
  EXPECT_NEAR(states[0].value, a * 0.9 + std::sqrt(1.0 - a * a) * s(-0.7) * 1.5, tiny);
}

TEST(StepByHand, AnRgLruIsExactNearADecayOfOneAndHasASlopeAtIt) {
  const double decay = 8.0 * std::log1p(std::exp(-9.0)) * s(-12.0);  // 6e-9
  const double written = RgLruCell::step<Real>({-12.0, 800.0, 1.0}, {0.0}, {-9.0}).states[0].value;
  EXPECT_NEAR(written / std::sqrt(-std::expm1(-2.0 * decay)), 1.0, 1e-9);
  using D = Dual<1>;
  const D kept = RgLruCell::step<D>({D::variable(-800.0, 0), D(0.0), D(1.0)}, {D(0.9)}, {D(-9.0)}).states[0];
  EXPECT_NEAR(kept.value, 0.9, 1e-8);
  EXPECT_TRUE(std::isfinite(kept.partial[0]));
}

TEST(StepByHand, ACornnMovesItsPositionByItsNewVelocity) {
  const auto [states, gates] = CornnCell::step<Real>({0.4}, {0.9, -0.3}, {0.5, 2.0, 1.5});
  const double z = -0.3 + 0.05 * (std::tanh(0.4 - 0.15) - 4.0 * 0.9 + 2.25 * 0.3);
  EXPECT_NEAR(states[1].value, z, tiny);
  EXPECT_NEAR(states[0].value, 0.9 + 0.05 * z, tiny);
}

TEST(Real, KnowsTheFunctionsAStepMayUse) {
  const double nan = std::nan("");
  EXPECT_NEAR(softplus(Real(0.3)).value, std::log(1.0 + std::exp(0.3)), tiny);
  EXPECT_EQ(softplus(Real(21.0)).value, 21.0);
  EXPECT_EQ(min(Real(1.0), Real(2.0)).value, 1.0);
  EXPECT_EQ(max(Real(1.0), Real(2.0)).value, 2.0);
  for (const auto& [a, b] : {std::pair{nan, 1.0}, {1.0, nan}}) {
    EXPECT_TRUE(std::isnan(min(Real(a), Real(b)).value));
    EXPECT_TRUE(std::isnan(max(Real(a), Real(b)).value));
  }
}

TEST(CellFacts, SayWhichGateKeepsTheMemory) {
  EXPECT_EQ(facts_of<LstmCell>().keep_gate, 1);
  EXPECT_EQ(facts_of<LstmCell>().write_gate, 0);
  EXPECT_EQ(facts_of<GruCell>().keep_gate, 1);
  EXPECT_TRUE(facts_of<GruCell>().separate_projections);
  EXPECT_EQ(facts_of<RnnCell>().keep_gate, -1);
  EXPECT_EQ(facts_of<PeepholeLstmCell>().vectors.size(), 3u);
  EXPECT_TRUE(facts_of<IrnnCell>().identity_start);
  EXPECT_FALSE(facts_of<ReluRnnCell>().identity_start);
}

}  // namespace
}  // namespace carousel
