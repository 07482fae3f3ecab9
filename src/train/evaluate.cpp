#include "carousel/train/evaluate.h"

#include <algorithm>

namespace carousel {

torch::Device device_of(const torch::nn::Module& module) {
  return module.parameters().front().device();
}
torch::Dtype dtype_of(const torch::nn::Module& module) {
  return module.parameters().front().scalar_type();
}

Score evaluate(const Task& task, Model& model, Split split, std::int64_t at_most) {
  const torch::NoGradGuard no_grad;
  const bool was_training = model.is_training();
  model.eval();
  const auto device = device_of(model);
  const auto dtype = dtype_of(model);
  const std::int64_t all = task.batches(split);
  Score score;
  std::vector<torch::Tensor> carried;
  for (std::int64_t i = 0; i < (at_most > 0 ? std::min(all, at_most) : all); ++i) {
    const auto batch = task.batch(split, i).to(device, dtype);
    if (!batch.continues) carried.clear();
    auto prediction = model.predict(batch, carried, 0);
    carried = std::move(prediction.states);
    score += task.score(prediction.output, batch);
  }
  model.train(was_training);
  return score;
}

}  // namespace carousel
