#include "tasks/tracking.h"

#include <fmt/format.h>

#include "carousel/data/generators.h"
#include "carousel/tasks/batching.h"
#include "carousel/tasks/scoring.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

namespace carousel {
namespace {

class TrackingTask : public Task {
 public:
  TrackingTask(const std::string& name, const std::string& group, const Settings& settings,
               std::uint64_t seed)
      : group_(group),
        settings_{.length = static_cast<int>(settings.integer("length")),
                  .batch = static_cast<int>(settings.integer("batch"))},
        seed_(seed) {
    const int size = group_.size();
    facts_.name = name;
    facts_.input_size = facts_.output_size = size;
    facts_.baseline = 1.0 / size;
    facts_.baseline_text = fmt::format("the best answer without memory, a guess: 1/{}", size);
  }

  const TaskFacts& facts() const override { return facts_; }
  std::int64_t batches(Split split) const override { return generated_batches(split, settings_.batch); }

  Batch batch(Split split, std::int64_t index) const override {
    const auto drawn =
        word_batch(group_, settings_, {seed_, part_of(split), static_cast<std::uint64_t>(index)});
    Batch batch;
    batch.input = tokens_of(drawn.inputs, {settings_.length, settings_.batch});
    batch.target = tokens_of(drawn.targets, {settings_.length, settings_.batch});
    return batch;
  }

  torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const override {
    return mean_over_steps(cross_entropies(output, batch.target), batch);
  }

  Score score(const torch::Tensor& output, const Batch& batch) const override {
    return score_of_classes_at(output, batch, last_step_mask(batch));
  }

 private:
  PermutationGroup group_;
  WordSettings settings_;
  std::uint64_t seed_;
  TaskFacts facts_{.name = {},
                   .tokens = true,
                   .every_step = true,
                   .metric = "accuracy at the last step",
                   .lower_is_better = false,
                   .baseline_text = {}};
};

}  // namespace

std::unique_ptr<Task> tracking_task(const std::string& name, const std::string& group,
                                    const Settings& settings, std::uint64_t seed) {
  return std::make_unique<TrackingTask>(name, group, settings, seed);
}

}  // namespace carousel
