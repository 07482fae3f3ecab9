#include "carousel/tasks/task_registry.h"

#include <set>

#include "carousel/tasks/batching.h"
#include "carousel/tasks/common_settings.h"
#include "carousel/tasks/scoring.h"
#include "carousel/train/evaluate.h"

#include "tasks/task_support.h"

namespace carousel {
namespace {

using testing::HasSubstr;

/// A task of one's own: which of three symbols came first?
class FirstSymbol : public Task {
 public:
  FirstSymbol(const Settings& settings, std::uint64_t seed)
      : length_(settings.integer("length")), batch_(settings.integer("batch")), seed_(seed) {}

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return generated_batches(split, batch_); }

  Batch batch(Split split, std::int64_t index) const override {
    Random random({seed_, part_of(split), static_cast<std::uint64_t>(index)}, 1000);
    std::vector<std::int32_t> symbols(static_cast<std::size_t>(length_ * batch_));
    for (auto& symbol : symbols) symbol = random.below(3);
    Batch batch;
    batch.input = tokens_of(symbols, {length_, batch_});
    batch.target = batch.input[0];
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return cross_entropies(output, batch.target).mean();
  }
  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return score_of_classes(output, batch);
  }

 private:
  std::int64_t length_, batch_;
  std::uint64_t seed_;
  TaskFacts facts_{.name = "first-symbol",
                   .tokens = true,
                   .input_size = 3,
                   .output_size = 3,
                   .metric = "accuracy",
                   .lower_is_better = false,
                   .baseline = 1.0 / 3,
                   .baseline_text = "a guess: 1/3"};
};

TaskSpec first_symbol_task() {
  return {.name = "first-symbol",
          .summary = "which symbol came first",
          .needs = "",
          .settings = {{.name = "length", .value = std::int64_t{6}, .help = "steps", .min = 1},
                       batch_setting(20)},
          .model = {.cell = "gru", .hidden = 16},
          .training = {.updates = 300, .validate_every = 100, .optimiser = {.lr = 0.01}},
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<FirstSymbol>(settings, context.seed);
          }};
}

TEST(TaskRegistry, TakesATaskOfOnesOwnWhichThenTrainsLikeTheOthers) {
  auto registry = TaskRegistry::with_built_in();
  registry.add(first_symbol_task());
  const auto& spec = registry.find("first-symbol");
  const auto task = spec.make(Settings(spec.settings), {.seed = 3});
  torch::manual_seed(3);
  SequenceModel model(task->facts(), spec.model, CellRegistry::with_built_in());
  EXPECT_LT(evaluate(*task, model, Split::test).metric(), 0.6);
  Trainer(*task, model, spec.training).run();
  EXPECT_GT(evaluate(*task, model, Split::test).metric(), 0.99);
}

TEST(TaskRegistry, HasTheSixteenBuiltInTasks) {
  const auto names = TaskRegistry::with_built_in().names();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()),
            (std::set<std::string>{"adding", "copy", "order", "reber", "continual-reber", "parity", "words",
                                   "flipflop", "selective", "charlm", "names", "music", "vowels", "mnist",
                                   "series", "classify"}));
}

TEST(TaskRegistry, SuggestsTheNearestTask) {
  const auto registry = TaskRegistry::with_built_in();
  EXPECT_THAT(test::message_of([&] { registry.find("addding"); }), HasSubstr("did you mean 'adding'?"));
}

TEST(TaskRegistry, KnowsOfEveryTaskWhatItNeedsAndHowLongItTrains) {
  const auto registry = TaskRegistry::with_built_in();
  for (const auto& name : registry.names()) {
    const auto& spec = registry.find(name);
    bool needs_path = false;
    for (const auto& setting : spec.settings) {
      EXPECT_FALSE(setting.help.empty()) << name << " --" << setting.name;
      needs_path |= setting.name == "text" || setting.name == "data";
    }
    EXPECT_EQ(spec.needs.empty(), !needs_path) << name;
    EXPECT_EQ(spec.epochs > 0, needs_path)
        << name << ": what reads files has epochs, what is generated has none";
    EXPECT_EQ(spec.summary.find('\n'), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace carousel
