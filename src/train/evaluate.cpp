#include "carousel/train/evaluate.h"

#include <cmath>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"
#include "carousel/train/process_group.h"

#include "train/own_part.h"

namespace carousel {

torch::Device device_of(const torch::nn::Module& module) {
  return module.parameters().front().device();
}
torch::Dtype dtype_of(const torch::nn::Module& module) {
  return module.parameters().front().scalar_type();
}

namespace {

/// While it lives, a model evaluates; afterwards it does what it did before.
class Evaluating {
 public:
  explicit Evaluating(torch::nn::Module& model) : model_(model), was_training_(model.is_training()) {
    model.eval();
  }
  ~Evaluating() { model_.train(was_training_); }
  Evaluating(const Evaluating&) = delete;
  Evaluating& operator=(const Evaluating&) = delete;

 private:
  torch::nn::Module& model_;
  bool was_training_;
};

/// What is wrong with a score from a batch on, or "".
std::string not_finite(const Score& score, const TaskFacts& task, Split split, std::int64_t batch) {
  const bool finite_loss = std::isfinite(score.loss());
  if (finite_loss && std::isfinite(score.metric())) return "";
  const double value = finite_loss ? score.metric() : score.loss();
  return fmt::format("the {} of the {} data is {} from batch {} on", finite_loss ? task.metric : "loss",
                     name_of(split), std::isnan(value) ? "nan" : "infinite", batch + 1);
}

/// The sums over all processes; what is wrong anywhere is so everywhere.
void join_score(Score& score, std::string& wrong, ProcessGroup& group) {
  const auto all = group.sum(
      {score.loss_sum, score.loss_count, score.metric_sum, score.metric_count, score.root ? 1.0 : 0.0});
  score = {all[0], all[1], all[2], all[3], all[4] > 0.0};
  for (const auto& text : group.gather(wrong)) {
    if (wrong.empty()) wrong = text;
  }
}

/// Data that are generated without end say 0.
std::int64_t batches_to_score(const Task& task, Split split, std::int64_t at_most) {
  const std::int64_t all = task.batches(split);
  if (all == 0 && (split != Split::train || at_most == 0))
    throw Error(fmt::format("{} has no {} data to measure", task.facts().name, name_of(split)));
  return at_most > 0 && (all == 0 || at_most < all) ? at_most : all;
}

}  // namespace

Score evaluate(const Task& task, Model& model, Split split, std::int64_t at_most,
               const std::function<void(const torch::Tensor& output, const Batch&)>& each,
               ProcessGroup* group) {
  const torch::NoGradGuard no_grad;
  const std::int64_t batches = batches_to_score(task, split, at_most);
  const Evaluating evaluating(model);
  const auto device = device_of(model);
  const auto dtype = dtype_of(model);
  Score score;
  std::vector<torch::Tensor> carried;
  std::string wrong;
  for (std::int64_t i = 0; i < batches && wrong.empty(); ++i) {
    const auto part = part_of(task, task.batch(split, i), group);
    if (part.sequences() == 0) continue;
    const auto batch = part.to(device, dtype);
    if (!batch.continues) carried.clear();
    auto prediction = model.predict(batch, carried, 0);
    carried = std::move(prediction.states);
    score += task.score(prediction.output, batch);
    wrong = not_finite(score, task.facts(), split, i);
    if (each && wrong.empty()) each(prediction.output, batch);
  }
  if (group) join_score(score, wrong, *group);
  if (!wrong.empty()) throw NonFiniteError(wrong);
  return score;
}

}  // namespace carousel
