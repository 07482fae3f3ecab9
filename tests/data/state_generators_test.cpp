// The generators whose every input moves a state: words over a group, flip-flops, selective copying.
#include <algorithm>
#include <array>
#include <cmath>

#include "carousel/data/generators.h"

#include "data/data_support.h"
#include "data/generator_support.h"

namespace carousel::test {
namespace {

TEST(Words, TargetTheProductOfTheElementsSoFar) {
  const PermutationGroup group("S3");
  const auto batch = word_batch(group, {.length = 30, .batch = 50}, {.seed = 5});
  for (int b = 0; b < 50; ++b) {
    const auto inputs = column(batch.inputs, 50, b), targets = column(batch.targets, 50, b);
    ASSERT_EQ(inputs.size(), 30u);
    for (int thing = 0; thing < 3; ++thing) {  // where it has gone, followed step by step
      int place = thing;
      for (std::size_t t = 0; t < 30; ++t) {
        place = group.element(inputs[t])[static_cast<std::size_t>(place)];
        ASSERT_EQ(group.element(targets[t])[static_cast<std::size_t>(thing)], place);
      }
    }
  }
}

TEST(Words, OfS2AreTheParityOfTheBits) {
  const auto batch = word_batch(PermutationGroup("S2"), {.length = 25, .batch = 40}, {.seed = 6});
  for (int b = 0; b < 40; ++b) {
    const auto bits = column(batch.inputs, 40, b), parities = column(batch.targets, 40, b);
    int odd = 0;
    for (std::size_t t = 0; t < 25; ++t) {
      odd ^= bits[t];
      ASSERT_EQ(parities[t], odd);
    }
  }
}

TEST(Words, HaveAProductThatTheLastElementSaysNothingOf) {
  const auto batch = word_batch(PermutationGroup("S3"), {.length = 2, .batch = 36'000}, {});
  std::array<int, 36> together{};
  for (int b = 0; b < 36'000; ++b)
    ++together.at(static_cast<std::size_t>(6 * column(batch.inputs, 36'000, b)[1] +
                                           column(batch.targets, 36'000, b)[1]));
  for (const int count : together) EXPECT_NEAR(count, 1000, 160);  // five standard deviations
}

TEST(FlipFlop, HoldsTheLastPulseOfEachChannelFromTheFirstStepOn) {
  const auto batch = flip_flop_batch({.bits = 2, .pulse = 0.2, .length = 30, .batch = 40}, {.seed = 7});
  ASSERT_EQ(batch.inputs.size(), 30u * 40 * 2);
  for (int b = 0; b < 40; ++b) {
    for (int k = 0; k < 2; ++k) {
      const auto inputs = column(batch.inputs, 40, b, 2, k), targets = column(batch.targets, 40, b, 2, k);
      ASSERT_NE(inputs[0], 0);
      float held = 0;
      for (std::size_t t = 0; t < 30; ++t) {
        ASSERT_TRUE(inputs[t] == 0 || std::abs(inputs[t]) == 1);
        if (inputs[t] != 0) held = inputs[t];
        ASSERT_EQ(targets[t], held);
      }
    }
  }
}

TEST(FlipFlop, HasTheBaselineThatAnsweringThePulseAndElseOneReaches) {
  for (const double pulse : {0.0, 0.1, 1.0}) {
    const FlipFlopSettings settings{.bits = 3, .pulse = pulse, .length = 20, .batch = 5000};
    const auto batch = flip_flop_batch(settings, {.seed = 8});
    double right = 0;
    for (std::size_t i = 0; i < batch.inputs.size(); ++i)
      right += batch.targets[i] == (batch.inputs[i] != 0 ? batch.inputs[i] : 1.0f);
    // Where no pulse comes 15,000 first ones decide: five standard deviations are 0.02.
    EXPECT_NEAR(right / static_cast<double>(batch.inputs.size()), flip_flop_baseline(settings), 0.02);
  }
  EXPECT_DOUBLE_EQ(flip_flop_baseline({.pulse = 0.1, .length = 11}), (1 + 2.0 / 11) / 2);
  EXPECT_DOUBLE_EQ(flip_flop_baseline({.pulse = 0.5, .length = 1}), 1);
}

TEST(FlipFlop, PulsesAsOftenAsItIsAsked) {
  const auto batch = flip_flop_batch({.bits = 1, .pulse = 0.1, .length = 2, .batch = 20'000}, {});
  const auto pulses =
      std::count_if(batch.inputs.begin() + 20'000, batch.inputs.end(), [](float x) { return x != 0; });
  EXPECT_NEAR(static_cast<double>(pulses), 2000, 215);  // five standard deviations
}

TEST(SelectiveCopying, AsksForItsItemsInTheirOrder) {
  const auto batch = selective_batch({.symbols = 5, .items = 3, .length = 12, .batch = 60}, {.seed = 9});
  ASSERT_EQ(batch.length, 15);
  for (int b = 0; b < 60; ++b) {
    const auto inputs = column(batch.inputs, 60, b), targets = column(batch.targets, 60, b);
    std::vector<std::int32_t> items;
    for (std::size_t t = 0; t < 12; ++t) {
      ASSERT_TRUE(inputs[t] >= 0 && inputs[t] <= 5);
      if (inputs[t] != 5) items.push_back(inputs[t]);
      ASSERT_EQ(targets[t], 5);
    }
    ASSERT_EQ(std::vector(inputs.begin() + 12, inputs.end()), std::vector<std::int32_t>(3, 6));
    ASSERT_EQ(std::vector(targets.begin() + 12, targets.end()), items);
  }
}

TEST(SelectiveCopying, PutsItsItemsAtEveryChoiceOfPlacesEquallyOften) {
  const auto batch = selective_batch({.symbols = 2, .items = 2, .length = 4, .batch = 6000}, {});
  std::array<int, 16> places{}, symbols{};
  for (int b = 0; b < 6000; ++b) {
    const auto inputs = column(batch.inputs, 6000, b), targets = column(batch.targets, 6000, b);
    std::size_t where = 0;
    for (std::size_t t = 0; t < 4; ++t) where = 2 * where + (inputs[t] != 2 ? 1 : 0);
    ++places.at(where);
    ++symbols.at(static_cast<std::size_t>(2 * targets[4] + targets[5]));
  }
  for (const std::size_t two : {3u, 5u, 6u, 9u, 10u, 12u}) EXPECT_NEAR(places[two], 1000, 145) << two;
  for (std::size_t pair = 0; pair < 4; ++pair) EXPECT_NEAR(symbols[pair], 1500, 170) << pair;
}

}  // namespace
}  // namespace carousel::test
