#include "carousel/train/evaluate.h"

#include <cmath>

#include <fmt/format.h>

#include "carousel/error.h"

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

void require_finite(const Score& score, const TaskFacts& task, Split split, std::int64_t batch) {
  const bool finite_loss = std::isfinite(score.loss());
  if (finite_loss && std::isfinite(score.metric())) return;
  const double value = finite_loss ? score.metric() : score.loss();
  throw NonFiniteError(fmt::format("the {} of the {} data is {} from batch {} on",
                                   finite_loss ? task.metric : "loss", name_of(split),
                                   std::isnan(value) ? "nan" : "infinite", batch + 1));
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
               const std::function<void(const torch::Tensor& output, const Batch&)>& each) {
  const torch::NoGradGuard no_grad;
  const std::int64_t batches = batches_to_score(task, split, at_most);
  const Evaluating evaluating(model);
  const auto device = device_of(model);
  const auto dtype = dtype_of(model);
  Score score;
  std::vector<torch::Tensor> carried;
  for (std::int64_t i = 0; i < batches; ++i) {
    const auto batch = task.batch(split, i).to(device, dtype);
    if (!batch.continues) carried.clear();
    auto prediction = model.predict(batch, carried, 0);
    carried = std::move(prediction.states);
    score += task.score(prediction.output, batch);
    require_finite(score, task.facts(), split, i);
    if (each) each(prediction.output, batch);
  }
  return score;
}

}  // namespace carousel
