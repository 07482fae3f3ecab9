// The rows of a packed batch that are alive at a time step.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include <torch/types.h>

namespace carousel {

/// Walks the states of a packed batch through time. Forwards, sequences end and their rows are put aside;
/// backwards in time, sequences begin and their rows join with their initial state. A batch of equal lengths
/// never does either.
template <std::size_t S> class ActiveRows {
 public:
  using TensorStates = std::array<torch::Tensor, S>;

  /// `initial` holds S tensors [B, H], rows sorted by falling length.
  explicit ActiveRows(TensorStates initial) : initial_(std::move(initial)) {
    if (initial_[0].size(0) == 0) current_ = initial_;  // no row will ever join
  }

  /// The states of the first `rows` sequences, ready for a step.
  const TensorStates& resize(std::int64_t rows) {
    if (rows < active_) retire(rows);
    if (rows > active_) admit(rows);
    active_ = rows;
    return current_;
  }

  void update(const TensorStates& states) { current_ = states; }

  /// The last state of every sequence, [B, H] each.
  TensorStates finish() {
    if (retired_.empty()) return current_;
    retired_.push_back(current_);
    std::reverse(retired_.begin(), retired_.end());  // the last to end are the first rows
    TensorStates all;
    for (std::size_t s = 0; s < S; ++s) {
      std::vector<torch::Tensor> parts;
      for (const auto& part : retired_) parts.push_back(part[s]);
      all[s] = torch::cat(parts);
    }
    return all;
  }

 private:
  void retire(std::int64_t rows) {
    TensorStates ended;
    for (std::size_t s = 0; s < S; ++s) {
      ended[s] = current_[s].narrow(0, rows, active_ - rows);
      current_[s] = current_[s].narrow(0, 0, rows);
    }
    retired_.push_back(std::move(ended));
  }

  void admit(std::int64_t rows) {
    for (std::size_t s = 0; s < S; ++s) {
      const bool all = active_ == 0 && rows == initial_[s].size(0);
      const auto fresh = all ? initial_[s] : initial_[s].narrow(0, active_, rows - active_);
      current_[s] = active_ == 0 ? fresh : torch::cat({current_[s], fresh});
    }
  }

  TensorStates initial_, current_;
  std::vector<TensorStates> retired_;
  std::int64_t active_ = 0;
};

}  // namespace carousel
