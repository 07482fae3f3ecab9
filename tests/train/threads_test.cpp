// Trainings and streams of one process, each in a thread of its own, do not disturb each other.
// Under the thread sanitizer: docs/reliability.md, "Threads".
#include <future>
#include <latch>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "carousel/recurrent/recurrent.h"
#include "carousel/recurrent/stream.h"

#include "io/temporary_folder.h"
#include "recurrent/random_state.h"
#include "support/toy_task.h"

namespace carousel::testing {
namespace {

/// Runs both at the same moment, each in a thread of its own.
template <class First, class Second> void run_together(First first, Second second) {
  std::latch both(2);
  std::thread other([&] {
    both.arrive_and_wait();
    second();
  });
  both.arrive_and_wait();
  first();
  other.join();
}

/// One training and all that it came to. Its weights are drawn here, before there is a thread.
class TrainingOfAThread {
 public:
  TrainingOfAThread(const ToyTask& task, const char* cell, Engine engine)
      : task_(task), model_(toy_model(task, {.cell = cell, .hidden = 6, .layers = 2, .engine = engine})) {}

  void run() {
    auto options = short_run(24);
    options.validate_every = 8;
    options.flow_every = 2;
    options.checkpoints = folder_.path();
    Trainer trainer(task_, *model_, options);
    trainer.on_update([&](const UpdateReport& report) {
      came_to_ += fmt::format("{:a} {:a}\n", report.loss, report.clip.norm_before);
      if (report.flow) came_to_ += report.flow->to_json().dump() + "\n";
    });
    trainer.on_validation([&](const ValidationReport& report) {
      came_to_ += fmt::format("{:a} {}\n", report.score.loss(), report.best);
    });
    trainer.run();
    came_to_ +=
        content_of(folder_ / "last/model.safetensors") + content_of(folder_ / "last/optimiser.safetensors");
  }
  const std::string& came_to() const { return came_to_; }

 private:
  const ToyTask& task_;
  std::shared_ptr<SequenceModel> model_;
  TemporaryFolder folder_;
  std::string came_to_;
};

TEST(Threads, TwoTrainingsAtOnceComeToWhatEachComesToAlone) {
  const ToyTask task;
  const auto fused = [&] { return TrainingOfAThread(task, "lstm", Engine::fused); };
  const auto loop = [&] { return TrainingOfAThread(task, "gru", Engine::loop); };
  auto first_alone = fused(), second_alone = loop(), first = fused(), second = loop();
  first_alone.run();
  second_alone.run();
  run_together([&] { first.run(); }, [&] { second.run(); });
  EXPECT_NE(first_alone.came_to(), second_alone.came_to());
  EXPECT_TRUE(first.came_to() == first_alone.came_to());
  EXPECT_TRUE(second.came_to() == second_alone.came_to());
}

TEST(Threads, TwoStreamsOfOneModuleAtOnceGiveWhatEachGivesAlone) {
  torch::manual_seed(1);
  const Lstm lstm(RecurrentOptions(5, 19).num_layers(2));
  const std::vector inputs{torch::randn({200, 5}).unbind(0), torch::randn({200, 5}).unbind(0)};
  const auto outputs_of = [&](const std::vector<torch::Tensor>& rows) {
    RecurrentStream stream(*lstm);
    std::vector<torch::Tensor> outputs;
    for (const auto& row : rows) outputs.push_back(stream.step(row).clone());
    return torch::stack(outputs);
  };
  const auto first_alone = outputs_of(inputs[0]), second_alone = outputs_of(inputs[1]);
  torch::Tensor first, second;
  run_together([&] { first = outputs_of(inputs[0]); }, [&] { second = outputs_of(inputs[1]); });
  EXPECT_TRUE(torch::equal(first, first_alone));
  EXPECT_TRUE(torch::equal(second, second_alone));
}

// A checkpoint that held a state from the middle of another thread's draw would not go on as it was.
TEST(Threads, TheRandomNumbersStateIsReadAndSetOnlyWhileNobodyDraws) {
  const auto state = generator_state();
  auto generator = at::detail::getDefaultCPUGenerator();
  for (const bool set : {false, true}) {
    std::unique_lock drawing(generator.mutex());
    auto done =
        std::async(std::launch::async, [&] { set ? set_generator_state(state) : void(generator_state()); });
    EXPECT_EQ(done.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout) << set;
    drawing.unlock();
    done.get();
  }
}

}  // namespace
}  // namespace carousel::testing
