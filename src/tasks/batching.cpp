#include "carousel/tasks/batching.h"

#include <algorithm>
#include <numeric>

#include "carousel/torch.h"

namespace carousel {
namespace {

constexpr std::uint64_t shuffling = 100;  // keeps the orders apart from what the generators draw

std::int64_t rounded_up(std::int64_t count, std::int64_t by) {
  return (count + by - 1) / by;
}

std::vector<std::int64_t> range(std::int64_t first, std::int64_t end) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(end - first));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

}  // namespace

Part part_of(Split split) {
  return split == Split::train ? Part::train : split == Split::valid ? Part::valid : Part::test;
}

std::int64_t generated_batches(Split split, std::int64_t batch, std::int64_t examples) {
  return split == Split::train ? 0 : rounded_up(examples, batch);
}

std::vector<std::int64_t> shuffled(std::int64_t n, const BatchId& id) {
  auto order = range(0, n);
  Random random(id, shuffling);
  for (std::size_t left = order.size(); left > 1; --left) {  // Fisher and Yates
    std::swap(order[left - 1], order[static_cast<std::size_t>(random.below(static_cast<int>(left)))]);
  }
  return order;
}

BatchPlan::BatchPlan(std::array<std::int64_t, 3> counts, std::int64_t batch, std::uint64_t seed)
    : counts_(counts), batch_(batch), seed_(seed) {}

std::int64_t BatchPlan::batches(Split split) const {
  return rounded_up(counts_[static_cast<std::size_t>(split)], batch_);
}

std::vector<std::int64_t> BatchPlan::examples(Split split, std::int64_t index) const {
  const std::int64_t in_epoch = split == Split::train ? index % batches(split) : index;
  const std::int64_t first = in_epoch * batch_;
  const std::int64_t end = std::min(first + batch_, counts_[static_cast<std::size_t>(split)]);
  if (split != Split::train) return range(first, end);
  const Order order = order_of(index / batches(split));
  return {order->begin() + first, order->begin() + end};
}

BatchPlan::Order BatchPlan::order_of(std::int64_t epoch) const {
  const std::lock_guard lock(kept_->mutex);
  if (epoch != kept_->epoch) {
    kept_->order = std::make_shared<const std::vector<std::int64_t>>(
        shuffled(counts_[0], {seed_, Part::train, static_cast<std::uint64_t>(epoch)}));
    kept_->epoch = epoch;
  }
  return kept_->order;
}

torch::Tensor tokens_of(const std::vector<std::int32_t>& tokens, at::IntArrayRef shape) {
  return torch::from_blob(const_cast<std::int32_t*>(tokens.data()), shape, torch::kInt32).to(torch::kInt64);
}

torch::Tensor padded(const std::vector<torch::Tensor>& sequences) {
  return torch::nn::utils::rnn::pad_sequence(sequences);
}

torch::Tensor lengths_of(const std::vector<torch::Tensor>& sequences) {
  std::vector<std::int64_t> lengths;
  for (const auto& sequence : sequences) lengths.push_back(sequence.size(0));
  return copy_of(lengths, {static_cast<std::int64_t>(lengths.size())});
}

}  // namespace carousel
