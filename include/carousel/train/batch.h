// What a task gives to a model at a time.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace carousel {

/// T steps, B sequences, time-major, on the CPU until the trainer moves it.
struct Batch {
  torch::Tensor input = {};    ///< [T, B, I] floating point features, or [T, B] int64 tokens
  torch::Tensor target = {};   ///< what the task's loss compares with; any shape
  torch::Tensor lengths = {};  ///< [B] int64 on the CPU: steps of each sequence; undefined when all have T
  /// [T, B] bool on the CPU: before these steps a sequence begins anew, from the start state; undefined for none.
  torch::Tensor resets = {};
  /// The sequences go on where the previous batch of the split ended: the state is carried over.
  bool continues = false;
  /// Which examples of the data these are, to find them again; may be empty.
  std::vector<std::int64_t> examples = {};

  std::int64_t steps() const { return input.size(0); }
  std::int64_t sequences() const { return input.size(1); }
  /// Time steps of real data: the sum of the lengths.
  std::int64_t items() const;
  /// The batch on a device, its features in a dtype (tokens stay integers).
  Batch to(torch::Device device, torch::Dtype dtype) const;
};

/// Where the pieces lie that a batch's resets cut its sequences into, in the order of the sequences and, in one, of
/// time: the places t B + b of their first and their last steps, [P] each.
struct PiecePlaces {
  torch::Tensor first, last;
};
PiecePlaces pieces_of(const Batch& batch);

/// [T, B] of 1 where a sequence still runs and 0 after its end; all ones when lengths are undefined.
torch::Tensor step_mask(const Batch& batch);

/// [T, B] of 1 at each sequence's last step and 0 elsewhere.
torch::Tensor last_step_mask(const Batch& batch);

}  // namespace carousel
