#include "between_steps.h"

#include <algorithm>

namespace carousel::fused {

template <class T>
BetweenSteps<T>::BetweenSteps(const Sequence<T>& sequence, std::int64_t part) : s_(sequence), part_(part) {
  if (s_.resets) {
    for (std::int64_t i = 0; i < s_.layout.steps(); ++i) {
      char any = 0;
      for (std::int64_t r = 0; r < s_.layout.rows(part, i); ++r)
        any |= static_cast<char>(s_.resets[s_.layout.first_row(i) + sequence_of(r)]);
      resets_.push_back(any);
    }
  }
  const std::int64_t size = state_size() + slack;
  if (s_.noise.masks_hidden()) {
    mask_ = Buffer<T>(size), masked_ = Buffer<T>(size);
    for (std::int64_t r = 0; r < s_.layout.sequences(part); ++r)
      s_.noise.factors(Drawn::hidden, 0, sequence_of(r), s_.units, mask_.data() + r * s_.units);
  }
  if (s_.noise.masks_input()) {
    input_mask_ = Buffer<T>(s_.layout.sequences(part) * s_.inputs + slack);
    input_rows_ = Buffer<T>(s_.most_rows(part) * s_.inputs + slack);
    for (std::int64_t r = 0; r < s_.layout.sequences(part); ++r)
      s_.noise.factors(Drawn::input, 0, sequence_of(r), s_.inputs, input_mask_.data() + r * s_.inputs);
  }
  if (s_.noise.drops_update()) update_ = Buffer<T>(size);
  if (zones()) old_ = Buffer<T>(s_.states() * size), shares_ = Buffer<T>(s_.units + slack);
}

template <class T> void BetweenSteps<T>::restart(std::int64_t i, const States& states) const {
  for (std::int64_t r = 0; r < s_.layout.rows(part_, i); ++r) {
    if (!resets(i, r)) continue;
    for (std::size_t k = 0; k < s_.cell.states; ++k) {
      T* row = states[k] + r * s_.units;
      if (s_.start[k]) {
        std::copy_n(s_.start[k], s_.units, row);
      } else {
        std::fill_n(row, s_.units, T{});
      }
    }
  }
}

template <class T> const T* BetweenSteps<T>::masked(const T* h, std::int64_t rows) {
  scale_row(s_.level, mask_.data(), h, rows * s_.units, masked_.data());
  return masked_.data();
}

template <class T> const T* BetweenSteps<T>::masked_input(std::int64_t first, std::int64_t last) {
  T* to = input_rows_.data();
  for (std::int64_t i = first; i < last; ++i) {
    for (std::int64_t r = 0; r < s_.layout.rows(part_, i); ++r, to += s_.inputs) {
      const T* row = s_.input + (s_.layout.first_row(i) + sequence_of(r)) * s_.inputs;
      scale_row(s_.level, input_mask_.data() + r * s_.inputs, row, s_.inputs, to);
    }
  }
  return input_rows_.data();
}

template <class T> void BetweenSteps<T>::mask_gradient(std::int64_t r, T* row) const {
  scale_row(s_.level, input_mask_.data() + r * s_.inputs, row, s_.inputs, row);
}

template <class T> const T* BetweenSteps<T>::update_factors(std::int64_t i, std::int64_t rows) {
  if (!update_) return nullptr;
  for (std::int64_t r = 0; r < rows; ++r)
    s_.noise.factors(Drawn::update, s_.layout.time(i), sequence_of(r), s_.units,
                     update_.data() + r * s_.units);
  return update_.data();
}

template <class T> const T* BetweenSteps<T>::shares(std::size_t k, std::int64_t i, std::int64_t r) {
  s_.noise.new_shares(k, s_.layout.time(i), sequence_of(r), s_.units, shares_.data());
  return shares_.data();
}

template <class T> void BetweenSteps<T>::remember(const States& states, std::int64_t rows) {
  for (std::size_t k = 0; k < s_.cell.states; ++k) {
    if (zones(k))
      std::copy_n(states[k], rows * s_.units, old_.data() + static_cast<std::int64_t>(k) * state_size());
  }
}

template <class T> void BetweenSteps<T>::zone(std::int64_t i, std::int64_t rows, const States& states) {
  for (std::size_t k = 0; k < s_.cell.states; ++k) {
    if (!zones(k)) continue;
    const T* old = old_.data() + static_cast<std::int64_t>(k) * state_size();
    for (std::int64_t r = 0; r < rows; ++r) {
      T* row = states[k] + r * s_.units;
      blend_row(s_.level, shares(k, i, r), row, old + r * s_.units, s_.units, row);
    }
  }
}

template <class T>
void BetweenSteps<T>::divide(std::size_t k, std::int64_t i, std::int64_t rows, T* carry, const T* beside,
                             std::int64_t stride) {
  T* rest = old_.data() + static_cast<std::int64_t>(k) * state_size();
  for (std::int64_t r = 0; r < rows; ++r) {
    divide_row(s_.level, shares(k, i, r), beside ? beside + r * stride : nullptr, s_.units,
               carry + r * s_.units, rest + r * s_.units);
  }
}

template <class T> void BetweenSteps<T>::hand_on(std::size_t k, std::int64_t rows, T* carry) const {
  add_row(s_.level, old_.data() + static_cast<std::int64_t>(k) * state_size(), rows * s_.units, carry);
}

template class BetweenSteps<float>;
template class BetweenSteps<double>;

}  // namespace carousel::fused
