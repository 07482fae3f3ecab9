#include "carousel/train/task.h"

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"
#include "carousel/train/state_dict.h"

namespace carousel {

namespace {

/// The target of these sequences; pieces lie in the order of their sequences.
torch::Tensor target_of(const Batch& batch, std::int64_t first, std::int64_t count, const TaskFacts& task) {
  const auto& target = batch.target;
  const std::int64_t all = batch.sequences();
  if (task.every_step && target.dim() >= 2 && target.size(0) == batch.steps() && target.size(1) == all)
    return target.narrow(1, first, count);
  if (!task.every_step && batch.resets.defined()) {
    const auto of = pieces_of(batch).first.remainder(all);
    if (target.size(0) == of.numel()) return target.index({of.ge(first).logical_and(of.lt(first + count))});
  }
  if (!task.every_step && target.dim() >= 1 && target.size(0) == all) return target.narrow(0, first, count);
  throw Error(
      fmt::format("the target {} of {} cannot be divided among processes: a task whose target is neither [T, "
                  "B, ...] nor [B, ...] "
                  "overrides Task::part",
                  shape_text(target), task.name));
}

}  // namespace

Baseline Task::baseline(Split /*split*/) const {
  return {facts().baseline, facts().baseline_text};
}

double Task::loss_count(const Batch& batch) const {
  return static_cast<double>(facts().every_step ? batch.items() : batch.sequences());
}

Batch Task::part(const Batch& batch, std::int64_t first, std::int64_t count) const {
  const auto of = [&](const torch::Tensor& tensor, std::int64_t dim) {
    return tensor.defined() ? tensor.narrow(dim, first, count) : tensor;
  };
  Batch part{.input = of(batch.input, 1),
             .target = target_of(batch, first, count, facts()),
             .lengths = of(batch.lengths, 0),
             .resets = of(batch.resets, 1),
             .continues = batch.continues,
             .examples = {}};
  if (!batch.examples.empty())
    part.examples.assign(batch.examples.begin() + first, batch.examples.begin() + first + count);
  return part;
}

}  // namespace carousel
