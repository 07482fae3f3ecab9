// Which examples a batch holds, and how they become tensors: what the tasks share.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <torch/types.h>

#include "carousel/data/random.h"
#include "carousel/train/batch.h"
#include "carousel/train/task.h"

namespace carousel {

/// The part of a generated problem that a split draws from.
Part part_of(Split split);

/// Batches of a generated task: endless for train (0), and otherwise as many as hold `examples`, rounded up.
std::int64_t generated_batches(Split split, std::int64_t batch, std::int64_t examples = 1000);

/// The numbers 0 ... n - 1 in an order that depends on the id alone.
std::vector<std::int64_t> shuffled(std::int64_t n, const BatchId& id);

/// The examples of a data set, `counts` of train, valid and test, in batches. Train is in a new order every
/// epoch; the order depends on the seed and the epoch only. The last batch of an epoch holds what is left.
class BatchPlan {
 public:
  BatchPlan(std::array<std::int64_t, 3> counts, std::int64_t batch, std::uint64_t seed);

  /// Batches of a split, for train of one epoch.
  std::int64_t batches(Split split) const;

  /// The examples of a batch, as places in the split: 0 ... count - 1. For train `index` runs on over the
  /// epochs. The current epoch's order is kept; several threads may ask at once.
  std::vector<std::int64_t> examples(Split split, std::int64_t index) const;

 private:
  using Order = std::shared_ptr<const std::vector<std::int64_t>>;
  Order order_of(std::int64_t epoch) const;

  struct Kept {
    std::mutex mutex;
    std::int64_t epoch = -1;
    Order order;
  };

  std::array<std::int64_t, 3> counts_;
  std::int64_t batch_;
  std::uint64_t seed_;
  std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

/// A copy of numbers as a tensor of their own type.
template <class Number> torch::Tensor copy_of(const std::vector<Number>& numbers, at::IntArrayRef shape) {
  constexpr auto type = c10::CppTypeToScalarType<Number>::value;
  return torch::from_blob(const_cast<Number*>(numbers.data()), shape, type).clone();
}

/// Tokens as int64, the type of Batch's tokens and classes.
torch::Tensor tokens_of(const std::vector<std::int32_t>& tokens, at::IntArrayRef shape);

/// Sequences [T_b, ...] side by side, [T, B, ...] with T the longest, zero beyond the end of the shorter ones.
torch::Tensor padded(const std::vector<torch::Tensor>& sequences);

/// The length of each sequence, [B] int64.
torch::Tensor lengths_of(const std::vector<torch::Tensor>& sequences);

}  // namespace carousel
