// The tasks that tell recurrences apart: baselines, metrics, and what a little training learns.
#include <cmath>

#include "carousel/data/permutations.h"
#include "carousel/tasks/batching.h"
#include "carousel/train/evaluate.h"

#include "tasks/task_support.h"

namespace carousel {
namespace {

using test::make_task;

/// The score of an answer over the first batches of the training data.
template <class Answer> Score score_of(const Task& task, std::int64_t batches, const Answer& answer) {
  Score score;
  for (std::int64_t i = 0; i < batches; ++i) {
    const auto batch = task.batch(Split::train, i);
    score += task.score(answer(batch), batch);
  }
  return score;
}

torch::Tensor logits_of(const torch::Tensor& classes, std::int64_t count) {
  return torch::one_hot(classes, count).to(torch::kFloat);
}

TEST(Parity, ScoresTheLastStepAlone) {
  const auto task = make_task("parity", {{"length", 10L}, {"batch", 8L}});
  const auto batch = task->batch(Split::valid, 0);
  auto answer = logits_of(batch.target, 2);
  EXPECT_EQ(task->score(answer, batch).metric(), 1);
  auto wrong_before = answer.clone();
  wrong_before.narrow(0, 0, 9) = 1 - answer.narrow(0, 0, 9);
  EXPECT_EQ(task->score(wrong_before, batch).metric(), 1);
  EXPECT_GT(task->score(wrong_before, batch).loss(), task->score(answer, batch).loss());
  auto one_wrong = answer.clone();
  one_wrong[9][3] = 1 - answer[9][3];
  EXPECT_EQ(task->score(one_wrong, batch).metric(), 7.0 / 8);
}

TEST(Parity, HasTheBaselineThatNamingTheLastBitReaches) {
  const auto task = make_task("parity", {{"length", 2L}, {"batch", 1000L}});
  EXPECT_EQ(task->facts().baseline, 0.5);
  const auto score = score_of(*task, 10, [](const Batch& batch) { return logits_of(batch.input, 2); });
  EXPECT_NEAR(score.metric(), 0.5, 0.025);  // five standard deviations
}

TEST(Words, HaveAsManyClassesAsTheirGroupAndABaselineThatAnyConstantReaches) {
  for (const auto& [name, size] : {std::pair("S3", 6), {"A5", 60}, {"S5", 120}}) {
    const auto task = make_task("words", {{"group", std::string(name)}, {"length", 5L}, {"batch", 1000L}});
    EXPECT_EQ(task->facts().output_size, size);
    EXPECT_EQ(task->facts().baseline, 1.0 / size);
    const auto score = score_of(
        *task, 20, [size](const Batch& batch) { return logits_of(torch::full_like(batch.target, 2), size); });
    const double share = 1.0 / size;
    EXPECT_NEAR(score.metric(), share, 5 * std::sqrt(share * (1 - share) / 20'000)) << name;
  }
}

TEST(Words, AreAnsweredRightByMultiplyingTheElementsInTheOrderTheHeaderSays) {
  const auto task = make_task("words", {{"length", 12L}, {"batch", 16L}});
  const auto batch = task->batch(Split::test, 3);
  const PermutationGroup group("S3");
  auto answers = torch::zeros_like(batch.input);
  for (std::int64_t b = 0; b < 16; ++b) {
    int product = 0;
    for (std::int64_t t = 0; t < 12; ++t) {
      product = group.product(batch.input[t][b].item<int>(), product);
      answers[t][b] = product;
    }
  }
  EXPECT_EQ(task->score(logits_of(answers, 6), batch).metric(), 1);
}

TEST(FlipFlop, HasTheBaselineThatAnsweringThePulseAndElseAConstantReaches) {
  const auto task = make_task("flipflop", {{"length", 20L}, {"batch", 1000L}});
  EXPECT_DOUBLE_EQ(task->facts().baseline, (1 + 2.9 / 20) / 2);
  const auto score = score_of(*task, 10, [](const Batch& batch) { return 2 * batch.input + 1; });
  EXPECT_EQ(score.metric_count, 10.0 * 20 * 1000 * 3);
  EXPECT_NEAR(score.metric(), task->facts().baseline,
              0.01);  // the 30,000 channels' first pulses: more than five deviations
}

TEST(FlipFlop, DoesNotCountAnAnswerOfZeroOrNaNAsRight) {
  const auto task = make_task("flipflop", {{"batch", 2L}});
  const auto batch = task->batch(Split::valid, 0);
  EXPECT_EQ(task->score(0.1 * batch.target, batch).metric(), 1);
  EXPECT_EQ(task->score(torch::zeros_like(batch.target), batch).metric(), 0);
  EXPECT_EQ(task->score(torch::full_like(batch.target, std::nan("")), batch).metric(), 0);
}

TEST(Selective, CountsTheCuesAlone) {
  const auto task = make_task("selective", {{"items", 3L}, {"length", 12L}, {"batch", 500L}});
  EXPECT_EQ(task->facts().input_size, 10);
  EXPECT_EQ(task->facts().output_size, 9);
  EXPECT_EQ(task->facts().baseline, 1.0 / 8);
  const auto batch = task->batch(Split::valid, 0);
  EXPECT_EQ(task->score(logits_of(batch.target, 9), batch).metric_sum, 1500);
  const auto blank = logits_of(torch::full_like(batch.target, 8), 9);
  EXPECT_EQ(task->score(blank, batch).metric_sum, 0);
  auto only_the_cues = blank.clone();
  only_the_cues.narrow(0, 12, 3) = logits_of(batch.target.narrow(0, 12, 3), 9);
  EXPECT_EQ(task->score(1 - only_the_cues, batch).metric(), 0);
  EXPECT_EQ(task->score(only_the_cues, batch).metric(), 1);
  const auto score =
      score_of(*task, 20, [](const Batch& b) { return logits_of(torch::full_like(b.target, 3), 9); });
  EXPECT_NEAR(score.metric(), 1.0 / 8, 0.01);  // five standard deviations
}

TEST(Selective, RefusesMoreItemsThanSteps) {
  EXPECT_EQ(test::message_of([] { make_task("selective", {{"items", 41L}}); }),
            "--items 41 have no place in --length 40: give fewer items or more steps");
}

/// Logits of 1 for the symbols that may follow and 0 for the others.
torch::Tensor may_follow(const Batch& batch) {
  const auto bits = torch::bitwise_left_shift(1, torch::arange(7));
  return (batch.target.select(2, 1).unsqueeze(-1).bitwise_and(bits) != 0).to(torch::kFloat);
}

TEST(ContinualReber, GoesOnFromSegmentToSegmentAndBeginsAnewAfterTheLast) {
  const auto task = make_task("continual-reber", {{"segments", 3L}, {"batch", 5L}});
  EXPECT_EQ(task->batches(Split::valid), 3);
  EXPECT_EQ(task->batches(Split::train), 0);
  for (std::int64_t index = 0; index < 7; ++index) {
    const auto batch = task->batch(Split::train, index);
    EXPECT_EQ(batch.continues, index % 3 != 0) << index;
    const auto next = task->batch(Split::train, index + 1).input[0];
    EXPECT_EQ(batch.target.select(2, 0)[-1].equal(next), index % 3 != 2) << index;
    EXPECT_EQ((batch.input[0] == 0).all().item<bool>(), index % 3 == 0)
        << index;  // every stream begins with B
  }
}

TEST(ContinualReber, IsToldWhereStringsBeginBehindOneAnotherIfAsked) {
  const auto task = make_task("continual-reber", {{"batch", 3L}, {"told", true}});
  const auto plain = make_task("continual-reber", {{"batch", 3L}});
  EXPECT_FALSE(plain->batch(Split::train, 0).resets.defined());
  std::int64_t begins = 0;
  auto before = torch::zeros({1, 3}, torch::kLong);  // nothing was read: no E
  for (std::int64_t segment = 0; segment < 4; ++segment) {
    const auto batch = task->batch(Split::train, segment);
    EXPECT_TRUE(batch.input.equal(plain->batch(Split::train, segment).input));
    const auto previous = torch::cat({before, batch.input.narrow(0, 0, batch.steps() - 1)});
    // A string ends with E behind T or P; an E behind S or V closes the inner string, and T or P follows.
    const auto expected = (previous == 6) & (batch.input == 0);
    EXPECT_TRUE(batch.resets.equal(expected)) << segment;
    begins += batch.resets.sum().item<std::int64_t>();
    before = batch.input.narrow(0, batch.steps() - 1, 1);
  }
  EXPECT_GT(begins, 60);
}

TEST(ContinualReber, JudgesTheStringsThatLieWholeInASegment) {
  const auto task = make_task("continual-reber", {{"batch", 6L}});
  const auto batch = task->batch(Split::valid, 1);
  const auto logits = may_follow(batch);
  const auto all = task->score(logits, batch);
  EXPECT_EQ(all.metric(), 1);
  std::int64_t end = -1, length = 0, whole = 0, first = -1;
  for (std::int64_t b = 0; b < 6; ++b) {
    for (std::int64_t t = 0; t < 100; ++t) {
      const auto ended = batch.target[t][b][2].item<std::int64_t>();
      if (ended == 0) continue;
      if (b == 2 && first < 0) first = t;
      if (ended > t + 1) continue;
      ++whole;
      if (b == 2) end = t, length = ended;
    }
  }
  EXPECT_EQ(all.metric_count, static_cast<double>(whole));
  ASSERT_GT(end, 20);
  const auto wrong_at = [&](std::int64_t t) {
    auto wrong = logits.clone();
    wrong[t][2].fill_(0.5);
    return all.metric_sum - task->score(wrong, batch).metric_sum;
  };
  EXPECT_EQ(wrong_at(end), 1);               // the B of the next string belongs to it
  EXPECT_EQ(wrong_at(end - length + 1), 1);  // as does what follows its own B
  auto before_the_first_end = logits.clone();
  before_the_first_end.narrow(0, 0, first + 1).select(1, 2).fill_(0.5);
  const bool began_before = batch.target[first][2][2].item<std::int64_t>() > first + 1;
  EXPECT_EQ(all.metric_sum - task->score(before_the_first_end, batch).metric_sum, began_before ? 0 : 1);
}

TEST(ContinualReber, FindsHalfOfTheStringsRightWhenTheSecondSymbolIsForgotten) {
  const auto task = make_task("continual-reber", {{"batch", 32L}});
  Score score;
  for (std::int64_t i = 0; i < task->batches(Split::test); ++i) {
    const auto batch = task->batch(Split::test, i);
    auto logits = may_follow(batch);
    const auto ended = batch.target.select(2, 2);
    for (std::int64_t b = 0; b < 32; ++b) {
      for (std::int64_t t = 2; t < 100; ++t) {
        if (ended[t][b].item<std::int64_t>() == 0) continue;
        logits[t - 2][b] = torch::tensor({0.0f, 1.0f, 0.5f, 0.0f, 0.0f, 0.0f, 0.0f});  // T before P
      }
    }
    score += task->score(logits, batch);
  }
  EXPECT_GT(score.metric_count, 3000);
  EXPECT_NEAR(score.metric(), task->facts().baseline, 0.045);  // five standard deviations
}

TEST(ContinualReber, RefusesSegmentsThatMightHoldNoWholeString) {
  EXPECT_EQ(test::message_of([] { make_task("continual-reber", {{"inner", 10L}}); }),
            "--length 100 is too short for --inner 10, as whole strings are counted within a segment and one "
            "has 84 "
            "symbols in the mean: give --length 336 or more");
  EXPECT_EQ(
      test::message_of([] { make_task("continual-reber", {{"length", 1'000L}, {"segments", 200'000L}}); }),
      "--length 1000 times --segments 200000 is more than 100000000 steps: give a smaller one");
}

/// Trains a small GRU as a task's defaults say, and measures it at another length.
double learnt(const std::string& name, std::map<std::string, SettingValue> settings, std::int64_t updates,
              std::int64_t tested_at) {
  const auto registry = TaskRegistry::with_built_in();
  const auto task = make_task(name, settings);
  torch::manual_seed(1);
  SequenceModel model(task->facts(), {.cell = "gru", .hidden = 24}, CellRegistry::with_built_in());
  auto options = registry.find(name).training;
  options.updates = updates;
  options.validate_every = 50;
  options.init.forget_bias.reset();
  Trainer(*task, model, options).run();
  settings["length"] = tested_at;
  return evaluate(*make_task(name, settings), model, Split::test).metric();
}

TEST(StateTasks, AreLearntAtAShortLengthAndHoldAtALongerOne) {
  EXPECT_GT(learnt("parity", {{"length", 12L}}, 400, 60), 0.95);
  EXPECT_GT(learnt("flipflop", {{"length", 15L}}, 300, 60), 0.95);
  EXPECT_GT(learnt("continual-reber", {{"length", 60L}, {"segments", 5L}}, 400, 100), 0.9);
}

}  // namespace
}  // namespace carousel
