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

PiecePlaces pieces_of(const Batch& batch) {
  const std::int64_t sequences = batch.sequences();
  const auto lengths = lengths_of(batch);
  std::vector<std::int64_t> first, last;
  for (std::int64_t b = 0; b < sequences; ++b) {
    const auto length = lengths[b].item<std::int64_t>();
    const auto begins = batch.resets.select(1, b).narrow(0, 0, length).nonzero().flatten().contiguous();
    first.push_back(b);
    for (std::int64_t i = 0; i < begins.numel(); ++i) {
      const auto t = begins[i].item<std::int64_t>();
      if (t == 0) continue;
      last.push_back((t - 1) * sequences + b), first.push_back(t * sequences + b);
    }
    last.push_back((length - 1) * sequences + b);
  }
  const auto tensor = [](const std::vector<std::int64_t>& places) {
    return torch::tensor(at::IntArrayRef(places), torch::kInt64);
  };
  return {tensor(first), tensor(last)};
}

torch::Tensor step_mask(const Batch& batch) {
  return as_weights(step_numbers(batch) < lengths_of(batch), batch);
}

torch::Tensor last_step_mask(const Batch& batch) {
  return as_weights(step_numbers(batch) == lengths_of(batch) - 1, batch);
}

}  // namespace carousel
