// What holds for every built-in task, on small data.
#include <algorithm>
#include <cmath>

#include "tasks/task_support.h"

namespace carousel {
namespace {

using test::distance;
using test::in_double;
using test::make_model;
using test::make_task;

const test::StandIns& stand_ins() {
  static const test::StandIns data;
  return data;
}

class EveryTask : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Task> task(std::uint64_t seed = 1) const {
    return make_task(GetParam(), stand_ins().settings_of(GetParam()), {.seed = seed});
  }
  bool reads_in_order() const { return GetParam() == "charlm"; }  // the seed changes nothing
};

bool same(const Batch& a, const Batch& b) {
  return a.input.sizes() == b.input.sizes() && a.input.equal(b.input) && a.target.equal(b.target) &&
         a.lengths.defined() == b.lengths.defined() && (!a.lengths.defined() || a.lengths.equal(b.lengths)) &&
         a.continues == b.continues && a.examples == b.examples;
}

TEST_P(EveryTask, HasBatchesThatDependOnSeedAndIndexOnly) {
  const auto first = task(), second = task(), other = task(2);
  for (const std::int64_t index : {7, 0, 3, 40}) {
    const auto batch = first->batch(Split::train, index);
    EXPECT_TRUE(same(batch, second->batch(Split::train, index))) << index;
    EXPECT_TRUE(same(batch, first->batch(Split::train, index))) << index;
  }
  EXPECT_TRUE(same(first->batch(Split::valid, 0), second->batch(Split::valid, 0)));
  EXPECT_FALSE(same(first->batch(Split::train, 0), first->batch(Split::train, 1)));
  if (!reads_in_order()) {
    EXPECT_FALSE(same(first->batch(Split::train, 0), other->batch(Split::train, 0)));
  }
}

TEST_P(EveryTask, FitsTheModelThatItsFactsAskFor) {
  const auto task = this->task();
  const auto model = make_model(*task);
  for (const auto split : {Split::train, Split::valid}) {
    const auto batch = in_double(task->batch(split, 0));
    const auto output = model->predict(batch, {}, 0).output;
    const auto loss = task->loss(output, batch);
    loss.backward();
    EXPECT_TRUE(std::isfinite(loss.item<double>()));
    EXPECT_EQ(output.size(-1), task->facts().output_size);
    EXPECT_EQ(output.dim(), task->facts().every_step ? 3 : 2);
  }
  for (const auto& parameter : model->named_parameters()) {
    EXPECT_GT(parameter.value().grad().abs().sum().item<double>(), 0.0) << parameter.key();
  }
}

TEST_P(EveryTask, SaysThatItPredictsTheNextStepExactlyWhenItsTargetsAreItsNextInputs) {
  const auto task = this->task();
  const auto batch = task->batch(Split::train, 0);
  bool equal = task->facts().every_step;
  if (equal) {
    const auto target = batch.target.dim() > batch.input.dim() ? batch.target.select(-1, 0) : batch.target;
    auto same = batch.input.slice(0, 1) == target.slice(0, 0, -1);
    if (same.dim() == 3) same = same.all(-1);
    const auto runs_on = step_mask(batch).slice(0, 1) == 1;
    equal = same.masked_select(runs_on).all().item<bool>();
  }
  EXPECT_EQ(task->facts().predicts_next, equal);
}

TEST_P(EveryTask, ScoresABatchWithItsLoss) {
  const auto task = this->task();
  const auto batch = in_double(task->batch(Split::train, 0));
  const auto output = make_model(*task)->predict(batch, {}, 0).output;
  const auto score = task->score(output, batch);
  EXPECT_NEAR(score.loss(), task->loss(output, batch).item<double>(), 1e-12);
}

TEST_P(EveryTask, StartsFromTheLossOfAGuess) {
  const auto task = this->task();
  const auto model = make_model(*task);
  test::silence_head(*model);
  const auto batch = in_double(task->batch(Split::train, 0));
  const double loss = task->loss(model->predict(batch, {}, 0).output, batch).item<double>();
  const auto& name = GetParam();
  if (name == "adding" || name == "flipflop") {
    EXPECT_NEAR(loss, batch.target.square().mean().item<double>(), 1e-12);
  } else if (name == "series") {  // a forecast is its reference
    const auto off = batch.target.select(-1, 0) - batch.target.select(-1, 1);
    EXPECT_NEAR(loss, off.square().mean().item<double>(), 1e-12);
  } else if (name == "music") {
    EXPECT_NEAR(loss, 88 * std::log(2.0), 1e-12);
  } else {
    EXPECT_NEAR(loss, std::log(static_cast<double>(task->facts().output_size)), 1e-12);
  }
}

TEST_P(EveryTask, StatesABaselineAndHowItComesAbout) {
  const auto task = this->task();
  EXPECT_EQ(task->facts().name, GetParam());
  EXPECT_FALSE(task->facts().metric.empty());
  EXPECT_FALSE(task->facts().baseline_text.empty());
  EXPECT_GT(task->facts().baseline, 0.0);
}

TEST_P(EveryTask, DeclaresABatchSettingThatRefusesZero) {
  const auto registry = TaskRegistry::with_built_in();
  Settings settings(registry.find(GetParam()).settings);
  EXPECT_EQ(test::message_of([&] { settings.set("batch", std::int64_t{0}); }),
            "--batch must be a whole number from 1 to 100000, not 0");
}

TEST_P(EveryTask, TrainsWithItsDefaultsUnderEveryCell) {
  const auto registry = TaskRegistry::with_built_in();
  const auto task = this->task();
  for (const auto& cell : CellRegistry::with_built_in().names()) {
    auto options = registry.find(GetParam()).training;
    options.updates = 2;
    options.validation_batches = 1;
    options.target.reset();
    torch::manual_seed(1);
    SequenceModel model(task->facts(), {.cell = cell, .hidden = 4}, CellRegistry::with_built_in());
    if (model.recurrent().facts().keep_gate < 0) options.init.forget_bias.reset();
    if (model.recurrent().options.recurrence()->form == Recurrence::Form::none)
      options.init.recurrent = RecurrentInit::cell;
    if (cell == "layer-norm-lstm") options.init = {};
    EXPECT_EQ(Trainer(*task, model, options).run().updates, 2) << cell;
  }
}

INSTANTIATE_TEST_SUITE_P(Tasks, EveryTask, testing::ValuesIn(TaskRegistry::with_built_in().names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace carousel
