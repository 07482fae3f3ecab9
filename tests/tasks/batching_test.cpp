#include "carousel/tasks/batching.h"

#include <algorithm>
#include <set>
#include <thread>

#include "tasks/task_support.h"

namespace carousel {
namespace {

using Places = std::vector<std::int64_t>;

Places epoch(const BatchPlan& plan, std::int64_t number) {
  Places all;
  for (std::int64_t i = 0; i < plan.batches(Split::train); ++i) {
    const auto some = plan.examples(Split::train, number * plan.batches(Split::train) + i);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

TEST(BatchPlan, ShowsEveryTrainingExampleOnceAnEpochInANewOrder) {
  const BatchPlan plan({23, 0, 0}, 5, 1);
  std::set<Places> orders;
  for (std::int64_t e = 0; e < 4; ++e) {
    auto all = epoch(plan, e);
    orders.insert(all);
    std::sort(all.begin(), all.end());
    ASSERT_EQ(all.size(), 23u);
    for (std::int64_t i = 0; i < 23; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i);
  }
  EXPECT_EQ(orders.size(), 4u);
}

TEST(BatchPlan, IsAFunctionOfSeedAndIndexInWhateverOrderItIsAsked) {
  const BatchPlan forwards({23, 0, 0}, 5, 7), backwards({23, 0, 0}, 5, 7), other({23, 0, 0}, 5, 8);
  std::vector<Places> expected;
  for (std::int64_t i = 0; i < 15; ++i) expected.push_back(forwards.examples(Split::train, i));
  for (std::int64_t i = 14; i >= 0; --i) {
    EXPECT_EQ(backwards.examples(Split::train, i), expected[static_cast<std::size_t>(i)]);
  }
  EXPECT_NE(epoch(other, 0), epoch(forwards, 0));
}

TEST(BatchPlan, GivesTwoThreadsInDifferentEpochsWhatItGivesOne) {
  const BatchPlan plan({23, 0, 0}, 5, 7);
  const std::array expected{epoch(plan, 0), epoch(plan, 1)};
  std::array<int, 2> wrong{};
  const auto ask = [&](std::size_t number) {
    for (int i = 0; i < 2000; ++i) wrong[number] += epoch(plan, static_cast<int>(number)) != expected[number];
  };
  std::thread other(ask, 1);
  ask(0);
  other.join();
  EXPECT_EQ(wrong, (std::array{0, 0}));
}

TEST(BatchPlan, ShowsValidationAndTestInTheOrderOfTheData) {
  const BatchPlan plan({3, 5, 4}, 2, 1);
  EXPECT_EQ(plan.batches(Split::valid), 3);
  EXPECT_EQ(plan.examples(Split::valid, 0), (Places{0, 1}));
  EXPECT_EQ(plan.examples(Split::valid, 2), (Places{4}));
  EXPECT_EQ(plan.examples(Split::test, 1), (Places{2, 3}));
  EXPECT_EQ(BatchPlan({3, 5, 0}, 2, 1).batches(Split::test), 0);
}

TEST(GeneratedBatches, AreEndlessForTrainingAndHoldAThousandExamplesOtherwise) {
  EXPECT_EQ(generated_batches(Split::train, 50), 0);
  EXPECT_EQ(generated_batches(Split::valid, 50), 20);
  EXPECT_EQ(generated_batches(Split::test, 300), 4);
}

TEST(Padded, PutsSequencesSideBySideWithZerosBeyondTheirEnds) {
  const std::vector<torch::Tensor> sequences{torch::tensor({1, 2, 3}), torch::tensor({4})};
  EXPECT_TRUE(padded(sequences).equal(torch::tensor({{1, 4}, {2, 0}, {3, 0}})));
  EXPECT_TRUE(lengths_of(sequences).equal(torch::tensor({3, 1}, torch::kInt64)));
}

TEST(CopyOf, OwnsItsNumbers) {
  std::vector<float> numbers{1, 2, 3, 4};
  const auto tensor = copy_of(numbers, {2, 2});
  numbers.assign(4, 0);
  EXPECT_TRUE(tensor.equal(torch::tensor({{1.0f, 2.0f}, {3.0f, 4.0f}})));
}

}  // namespace
}  // namespace carousel
