// The baselines and the metrics of the generated tasks.
#include <cmath>

#include "carousel/data/generators.h"
#include "carousel/data/reber.h"

#include "tasks/task_support.h"

namespace carousel {
namespace {

using test::make_task;

TEST(Adding, HasABaselineOfASixthThatAlwaysAnsweringOneReaches) {
  const auto task = make_task("adding", {{"length", 10L}, {"batch", 500L}});
  EXPECT_EQ(task->facts().baseline, 1.0 / 6.0);
  Score score;
  for (std::int64_t i = 0; i < 40; ++i)
    score += task->score(torch::ones({500, 1}), task->batch(Split::train, i));
  EXPECT_EQ(score.loss_count, 20'000);
  EXPECT_NEAR(score.metric(), 1.0 / 6.0, 0.005);  // five standard errors
}

TEST(Copy, HasTheBaselineThatTheBestAnswerWithoutMemoryReaches) {
  const auto task = make_task("copy", {{"delay", 30L}, {"batch", 4L}});
  const auto batch = task->batch(Split::valid, 2);
  auto output = torch::full({50, 4, copy_classes}, -1e9, torch::kDouble);
  output.narrow(0, 0, 40).select(2, copy_blank).fill_(0);
  output.narrow(0, 40, 10).narrow(2, 0, copy_symbols).fill_(0);
  EXPECT_NEAR(task->loss(output, batch).item<double>(), 10 * std::log(8.0) / 50, 1e-12);
  EXPECT_NEAR(task->facts().baseline, 10 * std::log(8.0) / 50, 1e-12);
}

TEST(Order, ScoresAConstantAnswerWithItsBaseline) {
  const auto task = make_task("order", {{"batch", 1000L}});
  EXPECT_EQ(task->batches(Split::valid), 1);
  const auto batch = task->batch(Split::valid, 0);
  const auto score = task->score(torch::tensor({{1.0, 0.0, 0.0, 0.0}}).expand({1000, 4}), batch);
  EXPECT_EQ(score.metric(), (batch.target == 0).to(torch::kDouble).mean().item<double>());
  EXPECT_NEAR(score.metric(), task->facts().baseline, 0.07);  // five standard errors
}

/// Logits of 1 for the symbols that may follow and 0 for the others.
torch::Tensor legal_logits(const Batch& batch) {
  const auto bits = torch::bitwise_left_shift(1, torch::arange(7));
  return (batch.target.select(2, 1).unsqueeze(-1).bitwise_and(bits) != 0).to(torch::kFloat);
}

TEST(Reber, FindsAllStringsRightWhenEveryLegalSymbolScoresAboveEveryIllegalOne) {
  const auto task = make_task("reber", {});
  const auto batch = task->batch(Split::valid, 0);
  const auto logits = legal_logits(batch);
  EXPECT_EQ(task->score(logits, batch).metric(), 1.0);

  auto one_wrong = logits.clone();
  one_wrong[3][5].fill_(0.5);  // legal and illegal symbols level at one step of one string
  EXPECT_EQ(task->score(one_wrong, batch).metric(), 7.0 / 8.0);

  auto wrong_beyond_the_end = logits.clone();
  const auto shortest = batch.lengths.argmin().item<std::int64_t>();
  const auto end = batch.lengths[shortest].item<std::int64_t>();
  ASSERT_LT(end, batch.steps());
  wrong_beyond_the_end.select(1, shortest).narrow(0, end, batch.steps() - end).fill_(-9);
  EXPECT_EQ(task->score(wrong_beyond_the_end, batch).metric(), 1.0);
}

TEST(Reber, FindsHalfOfTheStringsRightWhenTheSecondSymbolIsForgotten) {
  const auto task = make_task("reber", {{"batch", 64L}});
  ASSERT_EQ(task->batches(Split::test), 4);
  Score score;
  double starting_with_t = 0;
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto batch = task->batch(Split::test, i);
    auto logits = legal_logits(batch);
    for (std::int64_t b = 0; b < batch.sequences(); ++b) {
      const auto last_but_one = batch.lengths[b].item<std::int64_t>() - 2;
      logits[last_but_one][b] = torch::tensor({0.0f, 1.0f, 0.5f, 0.0f, 0.0f, 0.0f, 0.0f});  // T before P
      starting_with_t += batch.input[1][b].item<std::int64_t>() == 1 ? 1 : 0;
    }
    score += task->score(logits, batch);
  }
  EXPECT_EQ(score.metric_count, 256);
  EXPECT_EQ(score.metric_sum, starting_with_t);
  EXPECT_NEAR(score.metric(), task->facts().baseline, 0.16);  // five standard errors
}

TEST(Reber, AsksForTheSymbolThatFollows) {
  const auto task = make_task("reber", {{"inner", 2L}, {"batch", 3L}});
  const auto batch = task->batch(Split::train, 4);
  for (std::int64_t b = 0; b < 3; ++b) {
    const auto length = batch.lengths[b].item<std::int64_t>();
    std::string string(1, 'B');
    for (std::int64_t t = 0; t < length; ++t) {
      EXPECT_EQ(reber_alphabet[static_cast<std::size_t>(batch.input[t][b].item<std::int64_t>())],
                string.back());
      string += reber_alphabet[static_cast<std::size_t>(batch.target[t][b][0].item<std::int64_t>())];
    }
    EXPECT_TRUE(is_legal_reber(string, 2)) << string;
  }
}

TEST(GeneratedTasks, HoldAThousandExamplesForValidationAndReberTwoHundredAndFiftySix) {
  EXPECT_EQ(make_task("adding", {})->batches(Split::train), 0);
  EXPECT_EQ(make_task("adding", {})->batches(Split::valid), 20);
  const auto reber = make_task("reber", {{"batch", 100L}});
  std::int64_t strings = 0;
  for (std::int64_t i = 0; i < reber->batches(Split::valid); ++i)
    strings += reber->batch(Split::valid, i).sequences();
  EXPECT_EQ(strings, 256);
}

}  // namespace
}  // namespace carousel
