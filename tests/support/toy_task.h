// A small task for tests of the trainer: sum of the inputs at the last step, drawn anew for every batch.
#pragma once

#include <functional>

#include "carousel/model/sequence_model.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"
#include "carousel/train/task.h"
#include "carousel/train/trainer.h"

namespace carousel::testing {

/// Batches [T, B, 2] -> [B, 1]. `spoil` may change a training batch before it is used.
class ToyTask : public Task {
 public:
  explicit ToyTask(std::int64_t steps = 5, std::int64_t sequences = 4)
      : steps_(steps), sequences_(sequences) {}

  std::function<void(std::int64_t index, Batch&)> spoil = [](std::int64_t, Batch&) {};

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return split == Split::train ? 0 : 2; }

  Batch batch(Split split, std::int64_t index) const override {
    const auto seed = static_cast<std::uint64_t>(index * 3 + static_cast<std::int64_t>(split));
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    Batch batch;
    batch.input = torch::rand({steps_, sequences_, 2}, generator);
    batch.target = batch.input.sum(0).sum(1, true);
    if (split == Split::train) spoil(index, batch);
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return torch::mse_loss(output, batch.target);
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    const auto count = static_cast<double>(batch.sequences());
    const double sum = loss(output, batch).item<double>() * count;
    return {sum, count, sum, count};
  }

 private:
  std::int64_t steps_, sequences_;
  TaskFacts facts_{.name = "toy",
                   .input_size = 2,
                   .output_size = 1,
                   .metric = "mean squared error",
                   .baseline = 1.0,
                   .baseline_text = "made up"};
};

/// A model for it, from a seed.
inline std::shared_ptr<SequenceModel> toy_model(const Task& task, const ModelOptions& options = {.hidden = 6},
                                                std::uint64_t seed = 1) {
  torch::manual_seed(seed);
  return std::make_shared<SequenceModel>(task.facts(), options, CellRegistry::with_built_in());
}

/// A training that does nothing besides its updates.
inline TrainerOptions short_run(std::int64_t updates) {
  return {.updates = updates,
          .validate_every = 0,
          .flow_every = 0,
          .clip = {.limit = 0.5},
          .optimiser = {.lr = 0.01}};
}

/// All parameters in one vector.
inline torch::Tensor flat(const torch::nn::Module& module) {
  std::vector<torch::Tensor> parts;
  for (const auto& p : module.parameters()) parts.push_back(p.detach().flatten());
  return torch::cat(parts);
}

}  // namespace carousel::testing
