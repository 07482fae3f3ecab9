// Training while somebody listens: the run's own recorder, an observer of the user's, and frozen weights.
#include <cmath>

#include "carousel/flow/recorder.h"
#include "carousel/tasks/task_registry.h"
#include "carousel/train/trainer.h"

#include "support/toy_task.h"

namespace carousel::testing {
namespace {

TrainerOptions recorded(std::int64_t updates) {
  return {.updates = updates,
          .validate_every = 0,
          .flow_every = 1,
          .clip = {.limit = 0.5},
          .optimiser = {.lr = 0.01}};
}

TEST(Recording, AnObserverOfTheUsersOwnHearsEveryUpdateAndTheRunIsRecordedBesides) {
  ToyTask task;
  const auto model = toy_model(task);
  const auto own = std::make_shared<FlowRecorder>();
  model->recurrent().observe(own);
  auto options = recorded(3);
  options.flow_every = 2;
  Trainer trainer(task, *model, options);
  std::int64_t heard = 0;
  trainer.on_update([&](const UpdateReport& report) {
    const auto record = own->take();
    ASSERT_TRUE(report.flow);
    ASSERT_EQ(record.layers.size(), 1u);
    EXPECT_EQ(record.layers[0].gradient_log10, report.flow->layers[0].gradient_log10);
    EXPECT_TRUE(std::isfinite(record.layers[0].gradient_log10[0].front()));
    ++heard;
  });
  trainer.run();
  EXPECT_EQ(heard, 3);
  EXPECT_EQ(model->recurrent().observer(), own);
}

// A loss at every step is sent back twice, and autograd's grad() takes no frozen parameter.
TEST(Recording, TrainsAndRecordsWhatCanBeWhereRecurrentParametersAreFrozen) {
  const auto spec = TaskRegistry::with_built_in().find("copy");
  const auto task = spec.make(Settings(spec.settings), {.seed = 1});
  const auto run = [&](std::int64_t embedding, const char* cell, auto frozen) {
    const auto model = toy_model(*task, {.cell = cell, .hidden = 6, .embedding = embedding});
    for (auto& parameter : model->recurrent().named_parameters())
      parameter.value().set_requires_grad(!frozen(parameter.key()));
    const auto before = flat(model->recurrent()).clone(), all_before = flat(*model).clone();
    Trainer trainer(*task, *model, recorded(3));
    std::vector<bool> measured;
    for (int update = 0; update < 2; ++update)
      measured.push_back(std::isfinite(trainer.step().flow->layers.at(0).gradient_log10[0].back()));
    EXPECT_FALSE(torch::equal(flat(*model), all_before));
    return std::pair{measured, torch::equal(flat(model->recurrent()), before)};
  };
  const std::vector<bool> always(2, true), never(2, false);
  const auto everything = [](const std::string&) { return true; };
  const auto recurrence = [](const std::string& name) { return name.find("weight_hh") != name.npos; };
  for (const char* cell : {"lstm", "layer-norm-lstm"}) {
    SCOPED_TRACE(cell);
    EXPECT_EQ(run(0, cell, everything), (std::pair{never, true}));
    EXPECT_EQ(run(5, cell, everything), (std::pair{always, true})) << "on the way to the embedding";
    EXPECT_EQ(run(0, cell, recurrence), (std::pair{always, false}));
  }
}

}  // namespace
}  // namespace carousel::testing
