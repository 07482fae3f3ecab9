#include "carousel/tasks/scoring.h"

#include <cmath>

#include "tasks/task_support.h"

namespace carousel {
namespace {

Batch ragged() {
  Batch batch;
  batch.target = torch::randint(0, 7, {6, 4}, torch::kInt64);
  batch.input = batch.target;
  batch.lengths = torch::tensor({3, 6, 1, 4}, torch::kInt64);
  return batch;
}

TEST(MeanOverSteps, EqualsALoopOverTheSequences) {
  const auto batch = ragged();
  const auto logits = torch::randn({6, 4, 7}, torch::kDouble);
  double sum = 0;
  for (std::int64_t b = 0; b < 4; ++b) {
    for (std::int64_t t = 0; t < batch.lengths[b].item<std::int64_t>(); ++t) {
      const auto row = logits[t][b];
      sum += row.logsumexp(0).item<double>() - row[batch.target[t][b]].item<double>();
    }
  }
  const auto values = cross_entropies(logits, batch.target);
  EXPECT_NEAR(mean_over_steps(values, batch).item<double>(), sum / 14, 1e-12);
  EXPECT_NEAR(score_over_steps(values, batch).loss_sum, sum, 1e-12);
  EXPECT_EQ(score_over_steps(values, batch).loss_count, 14);
}

TEST(MeanOverSteps, SendsNoGradientBeyondTheEndOfASequence) {
  const auto batch = ragged();
  const auto logits = torch::randn({6, 4, 7}, torch::dtype(torch::kDouble).requires_grad(true));
  mean_over_steps(cross_entropies(logits, batch.target), batch).backward();
  const auto reached = logits.grad().abs().sum(-1) > 0;
  EXPECT_TRUE(reached.equal(step_mask(batch) == 1));
}

TEST(ScoreOfClasses, CountsTheRightAnswers) {
  Batch batch;
  batch.input = torch::zeros({2, 3, 1});
  batch.target = torch::tensor({2, 0, 1}, torch::kInt64);
  const auto logits = torch::tensor({{0.0, 0.0, 9.0}, {9.0, 0.0, 0.0}, {9.0, 0.0, 0.0}});
  const auto score = score_of_classes(logits, batch);
  EXPECT_EQ(score.metric_sum, 2);
  EXPECT_EQ(score.metric_count, 3);
  EXPECT_NEAR(score.loss_sum, 3 * std::log(std::exp(9) + 2) - 18, 1e-4);
}

TEST(Baselines, AreTheEntropyOfTheSharesAndTheLargestShare) {
  // 1/2, 1/4, 1/4; tokens 1, 2 and 4 never occur.
  const auto tokens = torch::tensor({0, 0, 3, 5}, torch::kInt64);
  EXPECT_NEAR(entropy_of_shares(tokens), 1.5 * std::log(2), 1e-15);
  EXPECT_EQ(largest_share(tokens), 0.5);
}

TEST(EntropyOfShares, OfOneSymbolIsZeroWithoutASign) {
  EXPECT_FALSE(std::signbit(entropy_of_shares(torch::tensor({2, 2, 2}, torch::kInt64))));
}

}  // namespace
}  // namespace carousel
