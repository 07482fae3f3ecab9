// What happens to a part's states between two steps: sequences that begin anew, and noise.
#pragma once

#include <vector>

#include "noise_rows.h"
#include "sequence.h"

namespace carousel::fused {

template <class T> class BetweenSteps {
 public:
  using States = std::array<T*, max_states>;

  BetweenSteps(const Sequence<T>& sequence, std::int64_t part);

  /// Whether any of the part's rows begins anew at step i, and whether row r does.
  bool resets(std::int64_t i) const { return !resets_.empty() && resets_[static_cast<std::size_t>(i)] != 0; }
  bool resets(std::int64_t i, std::int64_t r) const {
    return resets(i) && s_.resets[s_.layout.first_row(i) + sequence_of(r)];
  }
  /// The marked rows' states are the start again.
  void restart(std::int64_t i, const States& states) const;

  /// Whether the h that W_hh reads has a mask; row r of it; the masked rows of h [rows, H].
  bool masks() const { return static_cast<bool>(mask_); }
  const T* mask(std::int64_t r) const { return mask_.data() + r * s_.units; }
  const T* masked(const T* h, std::int64_t rows);

  /// Whether what is read has a mask; the part's masked rows of the steps [first, last), below one another; and a gradient
  /// row r of it.
  bool masks_input() const { return static_cast<bool>(input_mask_); }
  const T* masked_input(std::int64_t first, std::int64_t last);
  void mask_gradient(std::int64_t r, T* row) const;

  /// Factors of the write gate at step i, [rows, H]; null where nothing is dropped.
  const T* update_factors(std::int64_t i, std::int64_t rows);

  /// Zoneout on the way forth: remember() before a step, zone() after it.
  bool zones() const { return s_.noise.zones(); }
  bool zones(std::size_t state) const { return s_.noise.zones(state); }
  void remember(const States& states, std::int64_t rows);
  void zone(std::int64_t i, std::int64_t rows, const States& states);

  /// And on the way back: the gradient of state k at step i, `carry` + `beside` (rows `stride` apart, or null), is divided
  /// into what the step's new value gets, in `carry`, and what hand_on() adds for the value before.
  void divide(std::size_t k, std::int64_t i, std::int64_t rows, T* carry, const T* beside,
              std::int64_t stride);
  void hand_on(std::size_t k, std::int64_t rows, T* carry) const;

 private:
  std::int64_t sequence_of(std::int64_t r) const { return part_ + r * s_.layout.parts(); }
  std::int64_t state_size() const { return s_.layout.sequences(part_) * s_.units; }
  const T* shares(std::size_t k, std::int64_t i, std::int64_t r);

  const Sequence<T>& s_;
  std::int64_t part_;
  std::vector<char> resets_;
  Buffer<T> mask_, masked_, update_, old_, shares_;  // [sequences, H]; old_ one of each state; shares_ a row
  Buffer<T> input_mask_, input_rows_;                // [sequences, I]; [rows of a chunk, I]
};

}  // namespace carousel::fused
