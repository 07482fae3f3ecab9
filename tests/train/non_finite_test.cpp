// What is not a number: found, named, never learnt from, and gone on from as asked.
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "carousel/error.h"
#include "carousel/train/checkpoint.h"
#include "carousel/train/evaluate.h"
#include "carousel/train/trainer.h"

#include "io/temporary_folder.h"
#include "support/toy_task.h"

namespace carousel::testing {
namespace {

namespace fs = std::filesystem;

std::string non_finite_message(Trainer& trainer) {
  try {
    trainer.run();
  } catch (const NonFiniteError& e) {
    return e.what();
  }
  return "";
}

TEST(NonFinite, ANonFiniteStateStopsTheRunWithUpdateParameterAndStepAfterSaving) {
  TemporaryFolder folder;
  ToyTask task(5, 4);
  task.spoil = [](std::int64_t index, Batch& batch) {
    if (index == 2) batch.input[3][0][0] = NAN;  // update 3, time step 4
  };
  const auto model = toy_model(task);
  auto options = short_run(10);
  options.checkpoints = folder.path();
  Trainer trainer(task, *model, options);
  torch::Tensor weights;
  trainer.on_update([&](const UpdateReport&) { weights = flat(*model); });
  const auto message = non_finite_message(trainer);
  EXPECT_NE(message.find("update 3: the loss is nan"), std::string::npos) << message;
  EXPECT_NE(message.find("weight_ih_l0"), std::string::npos) << message;
  EXPECT_NE(message.find("time step 4"), std::string::npos) << message;
  EXPECT_NE(message.find("in layer 0, gates input, forget, cell, output"), std::string::npos) << message;
  EXPECT_TRUE(torch::equal(flat(*model), weights)) << "the weights are those before the bad update";

  const auto fresh = toy_model(task, {.hidden = 6}, 99);
  Trainer reader(task, *fresh, options);
  reader.load(folder / "last");
  EXPECT_EQ(reader.updates_done(), 2);
  EXPECT_TRUE(torch::equal(flat(*fresh), weights));
}

TEST(NonFinite, AStateIsFoundInItsLayerGateAndTimeStep) {
  for (const Engine engine : {Engine::loop, Engine::fused}) {
    ToyTask task(5, 4);
    const auto model = toy_model(task, {.hidden = 6, .layers = 2, .engine = engine});
    {
      const torch::NoGradGuard no_grad;
      model->recurrent().weights({.layer = 1}).bias_ih[7] = NAN;  // of the forget gate
    }
    Trainer trainer(task, *model, short_run(1));
    const auto message = non_finite_message(trainer);
    EXPECT_NE(message.find("from time step 1 on the state is not finite, first in layer 1, gate forget"),
              std::string::npos)
        << message;
  }
}

// A ReLU network with large recurrent weights: states stay finite in float, the gradient does not.
TEST(NonFinite, AnExplodingGradientIsFoundAtItsTimeStep) {
  ToyTask task(60, 4);
  const auto model = toy_model(task, {.cell = "relu-rnn", .hidden = 6});
  auto options = short_run(10);
  options.init = {.recurrent = RecurrentInit::radius, .radius = 60.0};
  Trainer trainer(task, *model, options);
  const auto message = non_finite_message(trainer);
  EXPECT_NE(message.find("update 1"), std::string::npos) << message;
  EXPECT_NE(message.find("time step"), std::string::npos) << message;
}

/// A task whose validation is not a number from a call on.
struct BadValidation : ToyTask {
  explicit BadValidation(int good, double value = NAN) : good_(good), value_(value) {}
  Score score(const torch::Tensor& output, const Batch& batch) const override {
    auto score = ToyTask::score(output, batch);
    if (good_-- <= 0) score.metric_sum = value_;
    return score;
  }
  mutable int good_;
  double value_;
};

TEST(NonFinite, AValidationIsNeverTheBestNorAtTheTargetAndStopsTheRunAfterSaving) {
  for (const double value : {double(NAN), double(INFINITY), -double(INFINITY)}) {
    for (const int good : {0, 2}) {  // a validation has two batches
      TemporaryFolder folder;
      const BadValidation task(good, value);
      const auto model = toy_model(task);
      auto options = short_run(10);
      options.validate_every = 2;
      options.target = -1.0;
      options.patience = 1;
      options.checkpoints = folder.path();
      Trainer trainer(task, *model, options);
      int best = 0;
      trainer.on_validation([&](const ValidationReport& report) { best += report.best ? 1 : 0; });
      const auto message = non_finite_message(trainer);
      EXPECT_NE(message.find("mean squared error of the validation data is"), std::string::npos) << message;
      EXPECT_EQ(trainer.updates_done(), good == 0 ? 2 : 4);
      EXPECT_EQ(best, good == 0 ? 0 : 1);
      EXPECT_EQ(fs::exists(folder / "best"), good > 0);
      Trainer reader(task, *model, options);
      reader.load(folder / "last");
      EXPECT_EQ(reader.updates_done(), trainer.updates_done());
    }
  }
}

TEST(NonFinite, WeightsFromElsewhereThatAreNoNumbersAreNotBegunFrom) {
  TemporaryFolder folder;
  ToyTask task;
  const auto model = toy_model(task);
  {
    const torch::NoGradGuard no_grad;
    model->parameters().back().fill_(1e30);  // the head's bias: its square is infinite in float
  }
  auto options = short_run(10);
  options.checkpoints = folder.path();
  Trainer trainer(task, *model, options);
  EXPECT_THROW(trainer.begin_from_weights(), NonFiniteError);
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(NonFinite, AnEvaluationThatThrowsLeavesTheModelTraining) {
  const BadValidation task(0);
  const auto model = toy_model(task);
  model->train();
  EXPECT_THROW(evaluate(task, *model, Split::valid), NonFiniteError);
  EXPECT_TRUE(model->is_training());
}

class InfiniteStep : public ::testing::TestWithParam<OptimiserKind> {};

// The gradient is finite, the step is not: neither weights nor optimiser keep anything of it.
TEST_P(InfiniteStep, IsTakenBackWholeSoThatALowerRateGoesOnAsIfItHadNotBeen) {
  TemporaryFolder folder;
  ToyTask task;
  auto good = short_run(6);
  good.optimiser = {.kind = GetParam(), .lr = 0.01, .momentum = 0.5};
  for (const std::int64_t before : {0, 3}) {
    const auto whole = toy_model(task), parts = toy_model(task);
    Trainer(task, *whole, good).run();

    Trainer first(task, *parts, good);
    while (first.updates_done() < before) first.step();
    first.save(folder / "good");
    auto bad = good;
    bad.optimiser.lr = 3e38;  // which float holds
    bad.clip.mode = ClipMode::report;
    bad.checkpoints = folder.path();
    Trainer second(task, *parts, bad);
    second.load(folder / "good");
    EXPECT_THROW(second.step(), NonFiniteError);
    EXPECT_EQ(content_of(folder / "last/optimiser.safetensors"),
              content_of(folder / "good/optimiser.safetensors"));

    Trainer third(task, *parts, good);
    third.load(folder / "last");
    EXPECT_EQ(third.updates_done(), before);
    third.run();
    EXPECT_TRUE(torch::equal(flat(*parts), flat(*whole))) << before;
  }
}
INSTANTIATE_TEST_SUITE_P(EachOptimiser, InfiniteStep,
                         ::testing::Values(OptimiserKind::sgd, OptimiserKind::rmsprop, OptimiserKind::adam,
                                           OptimiserKind::adamw));

/// What a training did, whose batches of the given indices are spoilt as often as said.
struct Told {
  std::vector<NonFiniteReport> troubles;
  std::vector<std::int64_t> updates;
  std::vector<double> rates;
};

void listen(Trainer& trainer, Told& told) {
  trainer.on_non_finite([&](const NonFiniteReport& report) { told.troubles.push_back(report); });
  trainer.on_update([&](const UpdateReport& report) {
    told.updates.push_back(report.update);
    told.rates.push_back(report.lr);
  });
}

void spoil(Batch& batch) {
  batch.input[2][0][0] = NAN;
}

using Updates = std::vector<std::int64_t>;

TEST(Skip, LeavesTheBatchOutCountsItAndGoesOn) {
  ToyTask task;
  task.spoil = [](std::int64_t index, Batch& batch) {
    if (index == 2) spoil(batch);
  };
  const auto model = toy_model(task, {.hidden = 6, .dropout = 0.0});
  auto options = short_run(5);
  options.on_non_finite = OnNonFinite::skip;
  Trainer trainer(task, *model, options);
  Told told;
  listen(trainer, told);
  const auto result = trainer.run();
  EXPECT_EQ(told.updates, (Updates{1, 2, 4, 5}));
  EXPECT_EQ(result.skipped, 1);
  EXPECT_EQ(result.updates, 5);
  ASSERT_EQ(told.troubles.size(), 1u);
  EXPECT_EQ(told.troubles[0].update, 3);
  EXPECT_NE(told.troubles[0].what.find("time step 3"), std::string::npos) << told.troubles[0].what;
  EXPECT_TRUE(flat(*model).isfinite().all().item<bool>());
}

TEST(Skip, StopsWhenMoreThanItsShareIsLeftOut) {
  ToyTask task;
  task.spoil = [](std::int64_t index, Batch& batch) {
    if (index % 3 == 0) spoil(batch);
  };
  const auto model = toy_model(task);
  auto options = short_run(100);
  options.on_non_finite = OnNonFinite::skip;
  Trainer trainer(task, *model, options);
  const auto message = non_finite_message(trainer);
  EXPECT_EQ(trainer.updates_done(), 9) << "three may always be skipped, the fourth is 4 of 10";
  EXPECT_NE(message.find("3 of 9 updates were skipped"), std::string::npos) << message;
}

/// Trains to the end, in one go or with a stop after `stop` updates. `spoil_at`: the batch that is not a number,
/// for as long as training has not gone back.
torch::Tensor trained_over_trouble(OnNonFinite how, std::int64_t stop, Told& told) {
  TemporaryFolder folder;
  ToyTask task;
  bool healed = false;
  task.spoil = [&](std::int64_t index, Batch& batch) {
    if (index == 7 && !healed) spoil(batch);
  };
  auto options = short_run(12);
  options.on_non_finite = how;
  options.validate_every = 5;
  options.checkpoints = folder.path();
  const ModelOptions with_dropout{.hidden = 6, .layers = 2, .dropout = 0.3};
  for (const std::int64_t seed : {1, 99}) {
    const auto model = toy_model(task, with_dropout, static_cast<std::uint64_t>(seed));
    Trainer trainer(task, *model, options);
    if (seed == 99) trainer.load(folder / "last");
    listen(trainer, told);
    trainer.on_non_finite([&](const NonFiniteReport&) { healed = how == OnNonFinite::back; });
    trainer.on_update([&](const UpdateReport& report) {
      if (seed == 1 && report.update == stop) trainer.request_stop();
    });
    if (trainer.run().why == StopReason::finished) return flat(*model).clone();
  }
  return {};
}

TEST(Back, GoesToTheLastValidationAndOnAtALowerRate) {
  Told told;
  trained_over_trouble(OnNonFinite::back, 0, told);
  EXPECT_EQ(told.updates, (Updates{1, 2, 3, 4, 5, 6, 7, 6, 7, 8, 9, 10, 11, 12}));
  ASSERT_EQ(told.troubles.size(), 1u);
  EXPECT_EQ(told.troubles[0].update, 8);
  EXPECT_EQ(told.troubles[0].goes_on_from, 5);
  EXPECT_DOUBLE_EQ(told.rates[6], 0.01);
  EXPECT_DOUBLE_EQ(told.rates[7], 0.005);
}

TEST(SkipAndBack, EndWithTheSameBitsAcrossAStopAndAResume) {
  for (const auto how : {OnNonFinite::skip, OnNonFinite::back}) {
    Told whole, parts;
    const auto expected = trained_over_trouble(how, 0, whole);
    for (const std::int64_t stop : {3, 6, 7, 11}) {
      EXPECT_TRUE(torch::equal(trained_over_trouble(how, stop, parts), expected)) << "stopped at " << stop;
    }
  }
}

TEST(Back, GivesUpAfterAsManyTimesAsItMay) {
  TemporaryFolder folder;
  ToyTask task;
  task.spoil = [](std::int64_t index, Batch& batch) {
    if (index == 3) spoil(batch);
  };
  const auto model = toy_model(task);
  auto options = short_run(10);
  options.on_non_finite = OnNonFinite::back;
  options.max_backs = 2;
  options.checkpoints = folder.path();
  Trainer trainer(task, *model, options);
  const auto message = non_finite_message(trainer);
  EXPECT_NE(message.find("went back 2 times"), std::string::npos) << message;
  EXPECT_EQ(checkpoint_update(folder / "last"), 3);
}

TEST(Back, NeedsAFolderForItsCheckpoints) {
  ToyTask task;
  const auto model = toy_model(task);
  auto options = short_run(10);
  options.on_non_finite = OnNonFinite::back;
  EXPECT_THROW(Trainer(task, *model, options).run(), Error);
}

}  // namespace
}  // namespace carousel::testing
