// The first rung: one step of each cell on numbers, against its formula worked out by hand.
#include <cmath>

#include <gtest/gtest.h>

#include "carousel/cells/gru.h"
#include "carousel/cells/lstm.h"
#include "carousel/cells/peephole_lstm.h"
#include "carousel/cells/rnn.h"

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

TEST(CellFacts, SayWhichGateKeepsTheMemory) {
  EXPECT_EQ(facts_of<LstmCell>().keep_gate, 1);
  EXPECT_EQ(facts_of<LstmCell>().write_gate, 0);
  EXPECT_EQ(facts_of<GruCell>().keep_gate, 1);
  EXPECT_TRUE(facts_of<GruCell>().separate_projections);
  EXPECT_EQ(facts_of<RnnCell>().keep_gate, -1);
  EXPECT_EQ(facts_of<PeepholeLstmCell>().vectors.size(), 3u);
}

}  // namespace
}  // namespace carousel
