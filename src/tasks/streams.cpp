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
  const auto all = tokens_of(tokens, {pairs + 1});
  const auto streamed = [&](std::int64_t first) {
    return all.narrow(0, first, streams * steps).view({streams, steps}).t().contiguous();
  };
  input_ = streamed(0), target_ = streamed(1);
  segments_ = with_rest ? (steps + length - 1) / length : steps / length;
}

Batch Streams::segment(std::int64_t index) const {
  const std::int64_t first = index * length_, steps = std::min(length_, input_.size(0) - first);
  Batch batch;
  batch.input = input_.narrow(0, first, steps);
  batch.target = target_.narrow(0, first, steps);
  batch.continues = index > 0;
  return batch;
}

}  // namespace carousel
