// A program of one's own: all of carousel's commands, with a cell and a task of its own beside the built-in ones.
//
//   own_program train majority --cell janet
#include <carousel/cli.h>
#include <carousel/recurrent/recurrent.h>
#include <carousel/torch.h>
#include <carousel/train/batch.h>
#include <carousel/train/task.h>

#include <cmath>

namespace own {

using namespace carousel;

/// JANET (van der Westhuizen & Lasenby 2018), as own_cell explains it.
struct JanetCell {
  static constexpr const char* name = "janet";
  static constexpr std::array gates{"forget", "new"};
  static constexpr std::array states{"h"};
  static constexpr const char* keep_gate = "forget";

  template <class V> static constexpr auto step(const Gates<V, 2>& pre, const States<V, 1>& previous) {
    const V f = sigmoid(pre[0]), g = tanh(pre[1]);
    const V h = f * previous[0] + (1.0 - sigmoid(pre[0] - 1.0)) * g;
    return Stepped{States<V, 1>{h}, Gates<V, 2>{f, g}};
  }
};

/// Which of -1 and 1 came more often? [T, B, 1] -> [B, 2]; T is odd, so there is always an answer.
class Majority : public Task {
 public:
  Majority(const Settings& settings, std::uint64_t seed)
      : length_(settings.integer("length") | 1), batch_(settings.integer("batch")), seed_(seed) {}

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return split == Split::train ? 0 : 10; }

  Batch batch(Split split, std::int64_t index) const override {  // a pure function of seed, split and index
    const auto place =
        seed_ * 1'000'003 + static_cast<std::uint64_t>(3 * index) + static_cast<std::uint64_t>(split);
    auto generator = torch::make_generator<at::CPUGeneratorImpl>(place);
    Batch batch;
    batch.input = torch::randint(0, 2, {length_, batch_, 1}, generator, torch::kFloat) * 2 - 1;
    batch.target = (batch.input.sum(0).squeeze(1) > 0).to(torch::kLong);
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return torch::cross_entropy_loss(output, batch.target);
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    const auto count = static_cast<double>(batch_);
    return {.loss_sum = loss(output, batch).item<double>() * count,
            .loss_count = count,
            .metric_sum = (output.argmax(1) == batch.target).sum().item<double>(),
            .metric_count = count};
  }

 private:
  std::int64_t length_, batch_;
  std::uint64_t seed_;
  TaskFacts facts_{.name = "majority",
                   .input_size = 1,
                   .output_size = 2,
                   .metric = "accuracy",
                   .lower_is_better = false,
                   .baseline = 0.5,
                   .baseline_text = "either answer is right half of the time"};
};

TaskSpec majority_task() {
  return {.name = "majority",
          .summary = "which of two symbols came more often",
          .needs = "",
          .settings = {{.name = "length",
                        .value = std::int64_t{31},
                        .help = "steps of a sequence, odd",
                        .min = 1,
                        .max = 10'001},
                       {.name = "batch",
                        .value = std::int64_t{50},
                        .help = "sequences of a batch",
                        .min = 1,
                        .max = 10'000}},
          .model = {.cell = "janet", .hidden = 16},
          .training = {.updates = 500,
                       .validate_every = 100,
                       .target = 0.95,
                       .init = {.forget_bias = 1.0},
                       .optimiser = {.lr = 1e-2}},
          .make = [](const Settings& settings, const TaskContext& context) {
            return std::make_unique<Majority>(settings, context.seed);
          }};
}

}  // namespace own

int main(int argc, char** argv) {
  carousel::Registries registries;
  registries.cells.add<own::JanetCell>("LSTM with nothing but its forget gate");
  registries.tasks.add(own::majority_task());
  return carousel::cli::run(argc, argv, registries);
}
