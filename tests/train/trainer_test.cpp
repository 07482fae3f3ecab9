// What the trainer promises: repeatable, resumable, exact, and stopping before harm is done.
#include "carousel/train/trainer.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

#include <torch/nn/modules/rnn.h>

#include "carousel/error.h"
#include "carousel/tasks/task_registry.h"
#include "carousel/train/evaluate.h"

#include "io/temporary_folder.h"
#include "support/parity.h"
#include "support/torch_optimiser.h"
#include "support/toy_task.h"

namespace carousel::testing {
namespace {

namespace fs = std::filesystem;

torch::Tensor trained(const TrainerOptions& options, const ModelOptions& model_options = {.hidden = 6}) {
  ToyTask task;
  const auto model = toy_model(task, model_options);
  Trainer trainer(task, *model, options);
  trainer.run();
  return flat(*model);
}

TEST(Trainer, TheSameSeedRepeatsARunBitForBit) {
  const ModelOptions with_dropout{.hidden = 6, .layers = 2, .dropout = 0.3};
  EXPECT_TRUE(torch::equal(trained(short_run(20), with_dropout), trained(short_run(20), with_dropout)));
}

TEST(Trainer, RecordingChangesNoBitOfTheWeights) {
  for (const char* cell : {"lstm", "gru", "rnn", "layer-norm-lstm"}) {
    const ModelOptions model{.cell = cell, .hidden = 6, .layers = 2, .dropout = 0.3};
    auto on = short_run(20), off = short_run(20);
    on.flow_every = 1;
    EXPECT_TRUE(torch::equal(trained(on, model), trained(off, model))) << cell;
  }
}

// A loss at every step is measured twice, once for the last step's loss alone: that must not leak either.
TEST(Trainer, RecordingALossAtEveryStepChangesNoBitOfTheWeights) {
  const auto run = [](std::int64_t flow_every) {
    const auto spec = TaskRegistry::with_built_in().find("copy");
    Settings settings(spec.settings);
    settings.set("delay", std::int64_t{5});
    settings.set("batch", std::int64_t{4});
    const auto task = spec.make(settings, {.seed = 1});
    const auto model = toy_model(*task, {.hidden = 6, .layers = 2, .dropout = 0.3});
    auto options = short_run(20);
    options.flow_every = flow_every;
    Trainer(*task, *model, options).run();
    return flat(*model);
  };
  EXPECT_TRUE(torch::equal(run(1), run(0)));
}

// With the other steps' losses taken away, what is left at the end is the gradient of the last loss: both
// curves meet in the last step, and the curve of the last loss alone falls below the other on its way back.
TEST(Trainer, TheLastLossAloneIsRecordedWhereThereIsALossAtEveryStep) {
  const auto spec = TaskRegistry::with_built_in().find("copy");
  const auto task = spec.make(Settings(spec.settings), {.seed = 1});
  const auto model = toy_model(*task, {.cell = "rnn", .hidden = 6});
  auto options = short_run(1);
  options.flow_every = 1;
  Trainer trainer(*task, *model, options);
  std::optional<FlowRecord> record;
  trainer.on_update([&](const UpdateReport& report) { record = report.flow; });
  trainer.run();
  ASSERT_TRUE(record);
  const auto& all = record->layers[0].gradient_log10[0];
  const auto& last = record->layers[0].last_loss_log10[0];
  ASSERT_EQ(all.size(), last.size());
  EXPECT_NEAR(all.back(), last.back(), 1e-6);
  EXPECT_LT(last.front(), all.front() - 1.0);
  EXPECT_NEAR(record->reach()->log10_ratio, last.front() - last.back(), 1e-12);
}

TEST(Trainer, SamplesTheFirstEveryFourthAndTheLastUpdateAndRecordsAllOnTheFusedEngine) {
  using Updates = std::vector<std::int64_t>;
  for (const bool always : {false, true}) {
    ToyTask task;
    const auto model = toy_model(task);
    auto options = short_run(10);
    options.flow_every = 4;
    options.record_always = always;
    Trainer trainer(task, *model, options);
    Updates recorded, sampled;
    trainer.on_update([&](const UpdateReport& report) {
      if (report.flow) recorded.push_back(report.flow->update);
      if (report.flow_sampled) sampled.push_back(report.flow->update);
    });
    trainer.run();
    EXPECT_EQ(sampled, (Updates{1, 4, 8, 10}));
    EXPECT_EQ(recorded, always ? (Updates{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) : sampled);
  }
}

TEST(Trainer, MeasuresHowFarEachParameterMoved) {
  ToyTask task;
  const auto model = toy_model(task);
  auto options = short_run(1);
  options.flow_every = 1;
  Trainer trainer(task, *model, options);
  std::map<std::string, torch::Tensor> before;
  for (const auto& p : model->named_parameters()) before[p.key()] = p.value().detach().clone();
  const auto report = trainer.step();
  double update = 0.0, weight = 0.0;
  for (const auto& p : report.flow->parameters) {
    const auto& w = before.at(p.name);
    const double moved = (model->named_parameters()[p.name].detach() - w).norm().item<double>();
    EXPECT_GT(moved, 0.0) << p.name;
    EXPECT_NEAR(p.update_norm, moved, 1e-5 * moved) << p.name;
    EXPECT_NEAR(p.weight_norm, w.norm().item<double>(), 1e-5 * p.weight_norm) << p.name;
    update += moved * moved, weight += p.weight_norm * p.weight_norm;
  }
  EXPECT_NEAR(*report.flow->update_ratio(), std::sqrt(update / weight), 1e-6);
}

// The reach of one error cannot be told from an update in which all steps' losses were sent back together.
TEST(Trainer, TellsNoReachBetweenSamplesWhereThereIsALossAtEveryStep) {
  const auto spec = TaskRegistry::with_built_in().find("copy");
  const auto task = spec.make(Settings(spec.settings), {.seed = 1});
  const auto model = toy_model(*task, {.cell = "lstm", .hidden = 6});
  auto options = short_run(3);
  options.flow_every = 100;
  Trainer trainer(*task, *model, options);
  std::vector<bool> reached;
  trainer.on_update([&](const UpdateReport& report) { reached.push_back(report.flow->reach().has_value()); });
  trainer.run();
  EXPECT_EQ(reached, (std::vector<bool>{true, false, true}));
}

TEST(Trainer, OfEqualMetricsTheOneWithTheLowerLossIsBest) {
  struct Tied : ToyTask {
    Score score(const torch::Tensor& output, const Batch& batch) const override {
      auto score = ToyTask::score(output, batch);
      score.metric_sum = score.metric_count;
      return score;
    }
  } task;
  const auto model = toy_model(task);
  auto options = short_run(40);
  options.validate_every = 10;
  const auto result = Trainer(task, *model, options).run();
  EXPECT_EQ(result.best->update, 40);
}

TEST(Trainer, LossFallsOnATaskThatCanBeLearnt) {
  ToyTask task;
  const auto model = toy_model(task);
  Trainer trainer(task, *model, short_run(300));
  const double before = evaluate(task, *model, Split::valid).loss();
  const auto result = trainer.run();
  EXPECT_LT(result.last->score.loss(), 0.2 * before);
}

// Ten losses of the trainer against a loop written with torch's own modules, for each optimiser.
class TenLosses : public ::testing::TestWithParam<OptimiserKind> {};

TEST_P(TenLosses, EqualThoseOfAPlainTorchLoop) {
  ToyTask task;
  auto options = short_run(10);
  options.optimiser.kind = GetParam();
  options.optimiser.momentum = 0.5;
  const auto model = toy_model(task, {.hidden = 6, .layers = 2});
  model->to(torch::kDouble);

  torch::manual_seed(1);
  torch::nn::LSTM lstm(torch::nn::LSTMOptions(2, 6).num_layers(2));
  torch::nn::Linear head(6, 1);
  lstm->to(torch::kDouble);
  head->to(torch::kDouble);
  auto parameters = lstm->parameters();
  for (const auto& p : head->parameters()) parameters.push_back(p);
  const auto optimiser = torchs_own_optimiser(options.optimiser, parameters);

  std::vector<double> ours;
  Trainer trainer(task, *model, options);
  trainer.on_update([&](const UpdateReport& report) { ours.push_back(report.loss); });
  trainer.run();
  ASSERT_EQ(ours.size(), 10u);
  for (std::int64_t update = 0; update < 10; ++update) {
    const auto batch = task.batch(Split::train, update).to(torch::kCPU, torch::kDouble);
    optimiser->zero_grad();
    const auto output = std::get<0>(lstm->forward(batch.input));
    const auto loss = torch::mse_loss(head->forward(output[-1]), batch.target);
    loss.backward();
    torch::nn::utils::clip_grad_norm_(parameters, options.clip.limit);
    optimiser->step();
    EXPECT_NEAR(ours[static_cast<std::size_t>(update)], loss.item<double>(), 1e-10) << "update " << update;
  }
}
INSTANTIATE_TEST_SUITE_P(EachOptimiser, TenLosses,
                         ::testing::Values(OptimiserKind::sgd, OptimiserKind::rmsprop, OptimiserKind::adam,
                                           OptimiserKind::adamw));

TEST(Trainer, AccumulatedBatchesEqualOneLargeBatch) {
  ToyTask small(5, 4);
  const auto pieces = toy_model(small);
  auto options = short_run(1);
  options.accumulate = 2;
  Trainer(small, *pieces, options).step();

  ToyTask large(5, 8);
  large.spoil = [&](std::int64_t, Batch& batch) {  // the two small batches side by side
    const auto a = small.batch(Split::train, 0), b = small.batch(Split::train, 1);
    batch.input = torch::cat({a.input, b.input}, 1);
    batch.target = torch::cat({a.target, b.target});
  };
  const auto whole = toy_model(large);
  Trainer(large, *whole, short_run(1)).step();
  EXPECT_LE(difference(flat(*pieces), flat(*whole)), 1e-6);
}

// The second batch is smaller: its mean loss weighs less.
TEST(Trainer, AccumulatedBatchesOfUnequalSizesEqualOneLargeBatch) {
  ToyTask small(5, 4);
  small.spoil = [](std::int64_t index, Batch& batch) {
    if (index % 2 == 0) return;
    batch.input = batch.input.narrow(1, 0, 1), batch.target = batch.target.narrow(0, 0, 1);
  };
  const auto pieces = toy_model(small);
  auto options = short_run(1);
  options.accumulate = 2;
  const auto report = Trainer(small, *pieces, options).step();

  ToyTask large(5, 4);
  large.spoil = [&](std::int64_t, Batch& batch) {
    const auto a = small.batch(Split::train, 0), b = small.batch(Split::train, 1);
    batch.input = torch::cat({a.input, b.input}, 1);
    batch.target = torch::cat({a.target, b.target});
  };
  const auto whole = toy_model(large);
  const auto expected = Trainer(large, *whole, short_run(1)).step();
  EXPECT_NEAR(report.loss, expected.loss, 1e-6);
  EXPECT_NEAR(report.clip.norm_before, expected.clip.norm_before, 1e-5);
  EXPECT_LE(difference(flat(*pieces), flat(*whole)), 1e-6);
}

// The same network with one matrix under a second name: nothing about its training is another.
TEST(Trainer, ATensorUnderTwoNamesIsTrainedOnce) {
  for (const auto kind :
       {OptimiserKind::sgd, OptimiserKind::rmsprop, OptimiserKind::adam, OptimiserKind::adamw}) {
    ToyTask task;
    auto options = short_run(5);
    options.optimiser.kind = kind;
    options.flow_every = 1;
    const auto plain = toy_model(task), tied = toy_model(task);
    tied->register_parameter("again", tied->recurrent().weights({}).weight_hh);
    std::vector<double> norms;
    Trainer first(task, *plain, options), second(task, *tied, options);
    first.on_update([&](const UpdateReport& report) { norms.push_back(report.clip.norm_before); });
    second.on_update([&](const UpdateReport& report) {
      EXPECT_EQ(report.clip.norm_before, norms.at(static_cast<std::size_t>(report.update - 1)));
    });
    first.run();
    second.run();
    EXPECT_TRUE(
        torch::equal(plain->recurrent().weights({}).weight_hh, tied->recurrent().weights({}).weight_hh));
  }
}

TEST(Trainer, ThatIsMadeChangesNoWeight) {
  for (const char* cell : {"lstm", "irnn"}) {
    ToyTask task;
    const auto model = toy_model(task, {.cell = cell, .hidden = 6});
    const torch::NoGradGuard no_grad;
    for (auto& p : model->parameters()) p.normal_();
    const auto before = flat(*model).clone();
    const Trainer trainer(task, *model, short_run(1));
    EXPECT_TRUE(torch::equal(flat(*model), before)) << cell;
  }
}

TEST(Trainer, WithoutValidationDataTrainsToItsEndAndSaves) {
  struct NoValidation : ToyTask {
    std::int64_t batches(Split) const override { return 0; }
  } task;
  TemporaryFolder folder;
  const auto model = toy_model(task);
  auto options = short_run(3);
  options.checkpoints = folder.path();
  const auto result = Trainer(task, *model, options).run();
  EXPECT_EQ(result.updates, 3);
  EXPECT_FALSE(result.last);
  EXPECT_TRUE(fs::exists(folder / "last"));
  EXPECT_THROW(evaluate(task, *model, Split::valid), Error);
}

TEST(Trainer, MeasuresAsManyBatchesOfEndlessTrainingDataAsItIsTold) {
  ToyTask task(5, 4);
  EXPECT_EQ(evaluate(task, *toy_model(task), Split::train, 3).loss_count, 12.0);
}

TEST(Trainer, FollowsTheSchedule) {
  ToyTask task;
  const auto model = toy_model(task);
  auto options = short_run(6);
  options.schedule = {.kind = ScheduleKind::step, .warmup_updates = 2, .step_updates = 2, .gamma = 0.1};
  Trainer trainer(task, *model, options);
  std::vector<double> rates;
  trainer.on_update([&](const UpdateReport& report) { rates.push_back(report.lr); });
  trainer.run();
  const std::vector<double> expected{0.005, 0.01, 0.01, 0.01, 0.001, 0.001};
  ASSERT_EQ(rates.size(), expected.size());
  for (std::size_t u = 0; u < rates.size(); ++u)
    EXPECT_NEAR(rates[u], expected[u], 1e-15) << "update " << u + 1;
}

TEST(Trainer, AResumedRunEndsWithTheWeightsOfAnUninterruptedOne) {
  TemporaryFolder folder;
  const ModelOptions model_options{.hidden = 6, .layers = 2, .dropout = 0.3};
  auto options = short_run(20);
  options.validate_every = 5;
  options.schedule = {.kind = ScheduleKind::plateau, .plateau_patience = 0, .plateau_threshold = 0.5};
  options.checkpoints = folder.path() / "whole";
  const auto whole = trained(options, model_options);

  options.checkpoints = folder.path() / "parts";
  ToyTask task;
  {
    const auto model = toy_model(task, model_options);
    Trainer first(task, *model, options);
    first.on_update([&](const UpdateReport& report) {
      if (report.update == 12) first.request_stop();
    });
    EXPECT_EQ(first.run().why, StopReason::requested);
  }
  // The seed is another: all that matters comes from the checkpoint.
  const auto model = toy_model(task, model_options, /*seed=*/99);
  Trainer second(task, *model, options);
  second.load(options.checkpoints / "last");
  EXPECT_EQ(second.updates_done(), 12);
  const auto result = second.run();
  EXPECT_EQ(result.updates, 20);
  EXPECT_TRUE(torch::equal(flat(*model), whole));
}

// A cosine that is spread over more updates jumps back up: who resumes is told.
TEST(Trainer, TellsThatALoadedTrainingGoesOnAtAnotherRate) {
  TemporaryFolder folder;
  ToyTask task;
  const auto model = toy_model(task);
  auto options = short_run(10);
  options.schedule = {.kind = ScheduleKind::cosine, .min_rate = 1e-5};
  Trainer first(task, *model, options);
  first.run();
  first.save(folder / "last");
  Trainer same(task, *model, options);
  same.load(folder / "last");
  EXPECT_FALSE(same.rate_before_load());
  options.updates = 20;
  Trainer longer(task, *model, options);
  longer.load(folder / "last");
  EXPECT_DOUBLE_EQ(*longer.rate_before_load(), 1e-5);
  EXPECT_NEAR(longer.next_rate(), 0.005, 1e-5);
}

TEST(Trainer, ThatHadComeToItsEndIsAtItsEndWhenItIsLoaded) {
  const auto ended = [](auto change) {
    TemporaryFolder folder;
    ToyTask task;
    auto options = short_run(8);
    options.validate_every = 2;
    options.checkpoints = folder.path();
    change(options);
    const auto first_model = toy_model(task), model = toy_model(task, {.hidden = 6}, /*seed=*/99);
    const auto first = Trainer(task, *first_model, options).run();
    Trainer second(task, *model, options);
    second.load(folder / "last");
    second.on_update([](const UpdateReport& report) { ADD_FAILURE() << "update " << report.update; });
    const auto result = second.run();
    EXPECT_EQ(result.why, first.why);
    EXPECT_EQ(result.updates, first.updates);
    return result.why;
  };
  EXPECT_EQ(ended([](TrainerOptions&) {}), StopReason::finished);
  EXPECT_EQ(ended([](TrainerOptions& o) { o.target = 1e9; }), StopReason::target_reached);
  const auto still = [](TrainerOptions& o) { o.optimiser.lr = 1e-30, o.patience = 2; };
  EXPECT_EQ(ended(still), StopReason::early_stop);
}

TEST(Trainer, StopsEarlyWhenTheMetricNoLongerImproves) {
  ToyTask task;
  const auto model = toy_model(task);
  auto options = short_run(100);
  options.optimiser.lr = 1e-30;
  options.validate_every = 1;
  options.patience = 3;
  const auto result = Trainer(task, *model, options).run();
  EXPECT_EQ(result.why, StopReason::early_stop);
  EXPECT_EQ(result.updates, 4) << "the first is the best, then three without improvement";
}

TEST(Trainer, StopsAtTheTarget) {
  ToyTask task;
  const auto model = toy_model(task);
  auto options = short_run(2000);
  options.validate_every = 10;
  options.target = 0.1;
  const auto result = Trainer(task, *model, options).run();
  EXPECT_EQ(result.why, StopReason::target_reached);
  EXPECT_LE(result.last->score.metric(), 0.1);
}

TEST(Trainer, OptionsOutOfRangeAreRefused) {
  ToyTask task;
  const auto model = toy_model(task);
  const auto refuses = [&](auto change) {
    auto options = short_run(10);
    change(options);
    EXPECT_THROW(Trainer(task, *model, options), Error);
  };
  refuses([](auto& o) { o.updates = 0; });
  refuses([](auto& o) { o.accumulate = 0; });
  refuses([](auto& o) { o.tbptt = -1; });
  refuses([](auto& o) { o.clip.limit = -1.0; });
  refuses([](auto& o) { o.optimiser.lr = -1.0; });
  refuses([](auto& o) { o.schedule = {.kind = ScheduleKind::step, .step_updates = 0}; });
}

}  // namespace
}  // namespace carousel::testing
