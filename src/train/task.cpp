#include "carousel/train/task.h"

namespace carousel {

std::int64_t Batch::items() const {
  return lengths.defined() ? lengths.sum().item<std::int64_t>() : steps() * sequences();
}

Batch Batch::to(torch::Device device, torch::Dtype dtype) const {
  const auto move = [&](const torch::Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    return tensor.is_floating_point() ? tensor.to(device, dtype) : tensor.to(device);
  };
  Batch moved = *this;
  moved.input = move(input);
  moved.target = move(target);
  return moved;
}

torch::Tensor step_mask(const Batch& batch) {
  const auto options = batch.input.is_floating_point()
                           ? batch.input.options()
                           : torch::dtype(torch::kFloat).device(batch.input.device());
  if (!batch.lengths.defined()) return torch::ones({batch.steps(), batch.sequences()}, options);
  const auto step = torch::arange(batch.steps()).unsqueeze(1);
  return (step < batch.lengths.unsqueeze(0)).to(options);
}

Score& Score::operator+=(const Score& other) {
  loss_sum += other.loss_sum;
  loss_count += other.loss_count;
  metric_sum += other.metric_sum;
  metric_count += other.metric_count;
  return *this;
}

}  // namespace carousel
