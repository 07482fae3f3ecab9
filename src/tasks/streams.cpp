#include "carousel/tasks/streams.h"

#include <algorithm>

#include "carousel/tasks/batching.h"
#include "carousel/torch.h"

namespace carousel {

Streams::Streams(const std::vector<std::int32_t>& tokens, std::int64_t batch, std::int64_t length,
                 bool with_rest, const std::vector<std::size_t>& begins)
    : length_(length) {
  std::int64_t pairs = static_cast<std::int64_t>(tokens.size()) - 1;
  if (pairs < 1) return;
  auto read = tokens_of(tokens, {pairs + 1}).narrow(0, 0, pairs),
       predicted = tokens_of(tokens, {pairs + 1}).narrow(0, 1, pairs);
  torch::Tensor marks;
  if (!begins.empty()) {
    auto predicts = torch::ones({pairs}, torch::kBool);
    marks = torch::zeros({pairs}, torch::kBool);
    for (const auto begin : begins) {
      predicts[static_cast<std::int64_t>(begin) - 1] = false;
      if (static_cast<std::int64_t>(begin) < pairs) marks[static_cast<std::int64_t>(begin)] = true;
    }
    read = read.masked_select(predicts), predicted = predicted.masked_select(predicts);
    marks = marks.masked_select(predicts);
    pairs = read.size(0);
    if (pairs < 1) return;
  }
  const std::int64_t streams = std::clamp<std::int64_t>(pairs / length, 1, batch), steps = pairs / streams;
  longer_ = with_rest ? pairs % streams : 0;
  const auto streamed = [&](const torch::Tensor& all) {
    std::vector<torch::Tensor> each;
    std::int64_t first = 0;
    for (std::int64_t b = 0; b < streams; ++b) {
      const std::int64_t own = steps + (b < longer_ ? 1 : 0);
      each.push_back(all.narrow(0, first, own));
      first += own;
    }
    return padded(each);
  };
  input_ = streamed(read), target_ = streamed(predicted);
  if (marks.defined()) resets_ = streamed(marks);
  segments_ = with_rest ? (steps + length - 1) / length : steps / length;
}

Batch Streams::segment(std::int64_t index) const {
  const std::int64_t first = index * length_;
  const bool is_end = longer_ > 0 && index + 1 == segments_;
  const std::int64_t left = input_.size(0) - first, steps = is_end ? left : std::min(length_, left);
  Batch batch;
  batch.input = input_.narrow(0, first, steps);
  batch.target = target_.narrow(0, first, steps);
  if (resets_.defined()) batch.resets = resets_.narrow(0, first, steps);
  if (is_end) {
    batch.lengths = torch::full({input_.size(1)}, steps - 1, torch::kLong);
    batch.lengths.narrow(0, 0, longer_).fill_(steps);
  }
  batch.continues = index > 0;
  return batch;
}

}  // namespace carousel
