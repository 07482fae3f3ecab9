#include "carousel/flow/diagnosis.h"

#include <cmath>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace carousel::testing {
namespace {

using ::testing::HasSubstr;

/// An LSTM over 100 steps that nothing is wrong with.
Symptoms sound() {
  Symptoms s{.reach = Reach{.steps = 99, .log10_ratio = -1.0},
             .keep_gate = 0.99,
             .gates = {"input", "forget", "cell", "output"},
             .keep_gate_index = 1,
             .clip = ClipFigures{.limit = 1.0, .share = 0.1, .severity = 0.9, .norm_quantile = 1.0},
             .forget_bias = 1.0};
  s.activations = {Activation::sigmoid, Activation::sigmoid, Activation::tanh, Activation::sigmoid};
  s.saturation.assign(4, Saturation{.low = 0.05, .high = 0.05});
  return s;
}

/// A tanh RNN.
Symptoms plain(double log10_ratio, double saturated) {
  return {.reach = Reach{.steps = 99, .log10_ratio = log10_ratio},
          .gates = {"hidden"},
          .activations = {Activation::tanh},
          .saturation = {Saturation{.low = saturated / 2, .high = saturated / 2}}};
}

TEST(Diagnosis, IsHealthyWhenNoRuleApplies) {
  const auto d = diagnose(sound());
  EXPECT_EQ(d.verdict, Verdict::healthy);
  EXPECT_EQ(d.option, "");
  EXPECT_THAT(d.line(), HasSubstr("dh 10^-1.0 over 99 steps"));
}

TEST(Diagnosis, IsHealthyWhenNothingWasMeasured) {
  EXPECT_EQ(diagnose({}).verdict, Verdict::healthy);
}

// No rule is fulfilled by a comparison with NaN, in whichever direction it is written.
TEST(Diagnosis, WhatIsNotANumberIsNoEvidence) {
  for (const double reach : {-1.0, double(NAN)}) {
    auto s = sound();
    s.reach->log10_ratio = reach;
    s.keep_gate = NAN;
    s.saturation.assign(4, Saturation{.low = NAN, .high = NAN});
    s.clip = ClipFigures{.limit = 1.0, .share = NAN, .severity = 0.1, .norm_quantile = 1.0};
    const auto d = diagnose(s);
    EXPECT_EQ(d.verdict, Verdict::healthy) << d.line();
    EXPECT_EQ(d.line().find("nan"), std::string::npos) << d.line();
    s.gates = {"hidden"}, s.activations = {Activation::tanh}, s.saturation.resize(1), s.keep_gate.reset();
    EXPECT_EQ(diagnose(s).verdict, std::isnan(reach) ? Verdict::healthy : Verdict::short_memory);
  }
}

TEST(Diagnosis, AGradientThatGrowsOnItsWayBackExplodes) {
  auto s = sound();
  s.reach->log10_ratio = 7.5;
  const auto d = diagnose(s);
  EXPECT_EQ(d.verdict, Verdict::exploding);
  EXPECT_THAT(d.line(), HasSubstr("dh 10^7.5 over 99 steps"));
  EXPECT_THAT(d.option, HasSubstr("--init-recurrent orthogonal"));
  s.recurrent_matrix = false;
  EXPECT_EQ(diagnose(s).option, "a lower --clip-norm or a shorter --tbptt");
}

TEST(Diagnosis, ADeadGradientInACellWithoutMemoryAsksForAnotherCell) {
  const auto d = diagnose(plain(-25.0, 0.0));
  EXPECT_EQ(d.verdict, Verdict::vanishing);
  EXPECT_THAT(d.option, HasSubstr("--cell lstm"));
}

TEST(Diagnosis, ADeadGradientBehindAClosedForgetGateAsksForItsBiasFirst) {
  auto s = sound();
  s.reach->log10_ratio = -30.0;
  s.keep_gate = 0.5;
  s.forget_bias = 0.0;
  EXPECT_EQ(diagnose(s).option, "--forget-bias 1");
  s.forget_bias = 1.0;
  EXPECT_EQ(diagnose(s).option, "--chrono-tmax 100");
  s.chrono = true;
  EXPECT_THAT(diagnose(s).option, HasSubstr("shorter sequence"));
}

TEST(Diagnosis, AnUnderflowIsVanishing) {
  const auto d = diagnose(plain(-INFINITY, 0.0));
  EXPECT_EQ(d.verdict, Verdict::vanishing);
  EXPECT_THAT(d.line(), HasSubstr("dh 0 over 99 steps (underflow)"));
  EXPECT_EQ(d.to_json()["evidence"][0]["value"], nullptr) << "JSON has no infinity";
}

TEST(Diagnosis, SaturationIsNamedBeforeTheVanishingItCauses) {
  const auto d = diagnose(plain(-25.0, 0.8));
  EXPECT_EQ(d.verdict, Verdict::saturated);
  EXPECT_THAT(d.line(), HasSubstr("80% of hidden's activations are beyond +-0.97"));
}

TEST(Diagnosis, SaturationThatLetsTheGradientPassIsNone) {
  EXPECT_EQ(diagnose(plain(-0.2, 0.8)).verdict, Verdict::healthy);
}

TEST(Diagnosis, AnOpenForgetGateIsNotSaturatedButAClosedOneIs) {
  auto s = sound();
  s.reach->log10_ratio = -9.0;
  s.saturation[1] = Saturation{.low = 0.0, .high = 0.95};
  EXPECT_NE(diagnose(s).verdict, Verdict::saturated);
  s.saturation[1] = Saturation{.low = 0.95, .high = 0.0};
  EXPECT_EQ(diagnose(s).verdict, Verdict::saturated);
  EXPECT_THAT(diagnose(s).line(), HasSubstr("forget's activations are below 0.05"));
}

TEST(Diagnosis, MemoryThatFadesWithinATenthOfTheSequenceIsShort) {
  auto s = sound();
  s.reach->log10_ratio = -7.2;
  s.keep_gate = 0.67;
  const auto d = diagnose(s);
  EXPECT_EQ(d.verdict, Verdict::short_memory);
  EXPECT_EQ(d.option, "--chrono-tmax 100");
  EXPECT_THAT(d.line(), HasSubstr("memory fades within 2.5 of 99 steps"));
}

TEST(Diagnosis, ACellWithoutAGateIsHeldToMore) {
  EXPECT_EQ(diagnose(plain(-3.0, 0.0)).verdict, Verdict::short_memory);
  EXPECT_THAT(diagnose(plain(-3.0, 0.0)).option, HasSubstr("--cell lstm"));
  auto gated = sound();
  gated.reach->log10_ratio = -3.0;
  EXPECT_EQ(diagnose(gated).verdict, Verdict::healthy);
  auto minimal = plain(-3.0, 0.0);  // an MGU: its one gate keeps by being closed
  minimal.activations = {Activation::sigmoid};
  EXPECT_EQ(diagnose(minimal).verdict, Verdict::healthy);
}

TEST(Diagnosis, ClippingIsTooHardWhenItIsAlwaysThereAndTakesHalfAway) {
  auto s = sound();
  s.clip = ClipFigures{.limit = 0.1, .share = 0.99, .severity = 0.2, .norm_quantile = 0.83};
  const auto d = diagnose(s);
  EXPECT_EQ(d.verdict, Verdict::clipped_too_hard);
  EXPECT_THAT(d.option, HasSubstr("--clip-norm 0.83"));
  s.clip->severity = 0.95;
  EXPECT_EQ(diagnose(s).verdict, Verdict::healthy) << "scaling by 0.95 changes little";
}

TEST(MemorySteps, IsTheTimeAfterWhichAnEthIsLeft) {
  EXPECT_NEAR(std::pow(0.9, memory_steps(0.9)), std::exp(-1.0), 1e-14);
  EXPECT_EQ(memory_steps(1.0), INFINITY);
  EXPECT_EQ(memory_steps(0.0), 0.0);
}

}  // namespace
}  // namespace carousel::testing
