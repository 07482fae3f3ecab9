// One part of the batch on its way forward through time.
#pragma once

#include "between_steps.h"
#include "packed_weights.h"

namespace carousel::fused {

/// The states of a part's sequences, and the steps that change them.
template <class T> class PartRun {
 public:
  PartRun(const Sequence<T>& sequence, const ForwardWeights<T>& weights, std::int64_t part);

  /// State s of the part's sequences, [sequences, H]; one that is not there yet has its initial state.
  T* state(std::size_t s) const { return state_[s]; }
  std::int64_t state_size() const;

  /// Every state from the initial one.
  void begin();

  /// Runs the steps [first, last). `rows` takes the slots (and what is kept) of their rows, `stride` apart;
  /// `output` is the batch's h, or null; `figures` may be null.
  void run(std::int64_t first, std::int64_t last, T* rows, std::int64_t stride, bool keep, T* output,
           StepFigures* figures);

  /// Copies the part's rows of a batch [B, H] from, or to, an array of its own; null stands for zeros.
  static void gather(const Sequence<T>& sequence, std::int64_t part, const T* batch, T* own);
  static void scatter(const Sequence<T>& sequence, std::int64_t part, const T* own, T* batch);

 private:
  const Sequence<T>& sequence_;
  const ForwardWeights<T>& weights_;
  std::int64_t part_;
  Buffer<T> memory_;
  std::array<T*, max_states> state_{};
  BetweenSteps<T> between_;
  bool projects_zeros_ = false;  ///< h is zero, and so is its recurrent projection: the first step needs none
};

}  // namespace carousel::fused
