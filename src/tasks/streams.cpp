#include "carousel/tasks/streams.h"

#include <algorithm>

#include "carousel/tasks/batching.h"
#include "carousel/torch.h"

namespace carousel {

Streams::Streams(const std::vector<std::int32_t>& tokens, std::int64_t batch, std::int64_t length,
                 bool with_rest)
    : length_(length) {
  const auto pairs = static_cast<std::int64_t>(tokens.size()) - 1;
  if (pairs < 1) return;
  const std::int64_t streams = std::clamp<std::int64_t>(pairs / length, 1, batch), steps = pairs / streams;
  longer_ = with_rest ? pairs % streams : 0;
  const auto all = tokens_of(tokens, {pairs + 1});
  const auto streamed = [&](std::int64_t first) {
    std::vector<torch::Tensor> each;
    for (std::int64_t b = 0; b < streams; ++b) {
      const std::int64_t own = steps + (b < longer_ ? 1 : 0);
      each.push_back(all.narrow(0, first, own));
      first += own;
    }
    return padded(each);
  };
  input_ = streamed(0), target_ = streamed(1);
  segments_ = with_rest ? (steps + length - 1) / length : steps / length;
}

Batch Streams::segment(std::int64_t index) const {
  const std::int64_t first = index * length_;
  const bool is_end = longer_ > 0 && index + 1 == segments_;
  const std::int64_t left = input_.size(0) - first, steps = is_end ? left : std::min(length_, left);
  Batch batch;
  batch.input = input_.narrow(0, first, steps);
  batch.target = target_.narrow(0, first, steps);
  if (is_end) {
    batch.lengths = torch::full({input_.size(1)}, steps - 1, torch::kLong);
    batch.lengths.narrow(0, 0, longer_).fill_(steps);
  }
  batch.continues = index > 0;
  return batch;
}

}  // namespace carousel
