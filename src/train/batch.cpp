#include "carousel/train/batch.h"

#include "carousel/torch.h"

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

namespace {

torch::Tensor lengths_of(const Batch& batch) {
  return batch.lengths.defined() ? batch.lengths
                                 : torch::full({batch.sequences()}, batch.steps(), torch::kLong);
}

torch::Tensor step_numbers(const Batch& batch) {
  return torch::arange(batch.steps()).unsqueeze(1);
}

torch::Tensor as_weights(const torch::Tensor& chosen, const Batch& batch) {
  return chosen.to(batch.input.device(),
                   batch.input.is_floating_point() ? batch.input.scalar_type() : torch::kFloat);
}

}  // namespace

torch::Tensor step_mask(const Batch& batch) {
  return as_weights(step_numbers(batch) < lengths_of(batch), batch);
}

torch::Tensor last_step_mask(const Batch& batch) {
  return as_weights(step_numbers(batch) == lengths_of(batch) - 1, batch);
}

}  // namespace carousel
