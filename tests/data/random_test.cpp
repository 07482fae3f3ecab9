#include "carousel/data/random.h"

#include <algorithm>
#include <array>
#include <set>

#include "data/data_support.h"

namespace carousel::test {
namespace {

TEST(SplitMix, GivesThePublishedFirstNumber) {
  EXPECT_EQ(splitmix64(0), 0xE220A8397B1DCDAFu);
}

TEST(Random, IsTheSameForTheSameId) {
  const BatchId id{.seed = 7, .part = Part::valid, .index = 3};
  Random one(id, 5), other(id, 5);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(one.bits(), other.bits());
}

TEST(Random, DiffersWithSeedPartIndexAndProblem) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    for (const auto part : {Part::train, Part::valid, Part::test}) {
      for (std::uint64_t index = 0; index < 8; ++index) {
        for (std::uint64_t problem = 0; problem < 8; ++problem)
          firsts.insert(Random({seed, part, index}, problem).bits());
      }
    }
  }
  EXPECT_EQ(firsts.size(), 8u * 3 * 8 * 8);
}

// The numbers come from a Mersenne Twister written in another language; a change would change every recorded run.
TEST(Random, IsTheSameOnEveryMachine) {
  Random random({.seed = 1, .part = Part::test, .index = 2}, 3);
  EXPECT_EQ(random.bits(), 830970872721009859u);
  EXPECT_EQ(random.below(1000), 3);
  EXPECT_EQ(random.unit(), 13115225 * 0x1p-24f);
}

TEST(Random, GivesEachWholeNumberEquallyOften) {
  Random random({}, 0);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts.at(static_cast<std::size_t>(random.below(7)));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 450);  // five standard deviations
  EXPECT_EQ(random.below(1), 0);
}

TEST(Random, StaysInsideItsInterval) {
  Random random({}, 0);
  int least = 100, most = 0;
  for (int i = 0; i < 1000; ++i) {
    const int value = random.between(5, 9);
    least = std::min(least, value);
    most = std::max(most, value);
  }
  EXPECT_EQ(least, 5);
  EXPECT_EQ(most, 8);
}

TEST(Random, GivesUniformFloatsBelowOne) {
  Random random({}, 0);
  constexpr int n = 200'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double value = random.unit();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / n, 1.0 / 2, 0.0033);  // five standard deviations
  EXPECT_NEAR(squares / n, 1.0 / 3, 0.0034);
}

}  // namespace
}  // namespace carousel::test
