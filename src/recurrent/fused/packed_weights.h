// A layer's weights as the products of a pass read them.
#pragma once

#include <atomic>

#include "recurrent_panels.h"

namespace carousel::fused {

/// For the forward pass: W_ih^T and W_hh^T, their columns in the order of the slots.
///
/// Few rows in all (sampling one step at a time) do not pay for packing: then the weights are read as they are.
template <class T> class ForwardWeights {
 public:
  /// With `often`, packs whatever the number of rows.
  ForwardWeights(const Sequence<T>& sequence, const Parallel& parallel, bool often = false);

  /// Writes the input projections of part p's rows of the steps [first, last), with all biases, into the
  /// slots; `rows` points at the first of these rows.
  void project(std::int64_t p, std::int64_t first, std::int64_t last, T* rows, std::int64_t stride) const;

  /// The same from rows of the part's own, below one another.
  void project_own(const T* input, std::int64_t count, T* rows, std::int64_t stride) const;

  /// Adds the recurrent projection of `count` rows of h.
  void add_recurrent(const T* h, std::int64_t count, T* rows, std::int64_t stride) const;

  /// Whether the recurrent projection of zeros is known to be zeros: not where W_hh has a NaN or an infinity.
  bool zeros_stay_zeros() const { return hh_is_finite_; }

 private:
  void make_bias();
  void pack(std::int64_t share, std::int64_t shares);
  void begin_apart(std::int64_t count, T* rows, std::int64_t stride) const;
  void project_rows(const T* input, std::int64_t input_stride, std::int64_t count, T* rows,
                    std::int64_t stride) const;
  void project_classes(const std::int64_t* classes, std::int64_t step, std::int64_t count, T* rows,
                       std::int64_t stride) const;

  const Sequence<T>& sequence_;
  bool packed_ = true;
  std::atomic<bool> hh_is_finite_ = false;  ///< only found out where the weights are packed
  bool table_ = false;                      ///< one-hot input by a table of W_ih's columns, biases included
  Buffer<T> memory_;
  Panels<T> ih_;
  RecurrentPanels<T> hh_;
  T* columns_ = nullptr;  ///< [I, G H]
  T* bias_ = nullptr;     ///< [slots, H]
};

/// For the backward pass: W_hh and W_ih, their rows in the order of the slots.
template <class T> class BackwardWeights {
 public:
  BackwardWeights(const Sequence<T>& sequence, bool with_input, const Parallel& parallel);

  const RecurrentPanels<T>& hh() const { return hh_; }
  const Panels<T>& ih() const { return ih_; }

 private:
  Buffer<T> memory_;
  Panels<T> ih_;
  RecurrentPanels<T> hh_;
};

}  // namespace carousel::fused
