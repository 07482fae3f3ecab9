// Gradients of weights, biases and vectors: what one part of the batch contributes, and the sum.
#pragma once

#include <optional>

#include "sequence.h"

namespace carousel::fused {

/// Collects a part's contribution, chunk by chunk: a chunk is summed by itself and then added, since a sum
/// over all steps swallows the terms of early steps, which have vanished against those of the last, one by
/// one. Part 0 writes into the result itself, the others into arrays of their own that add_up adds to it.
template <class T> class WeightGradients {
 public:
  WeightGradients(const Sequence<T>& sequence, std::int64_t part, const BackwardResult<T>& result);

  /// The largest number of rows that a chunk of this part has.
  std::int64_t most_rows() const { return most_rows_; }
  /// Where the kernels add the gradients of the cell's vectors, for the chunk that add() then takes.
  const std::array<T*, max_vectors>& chunk_vectors() const { return chunk_vectors_; }

  /// Adds what `rows` rows of slot gradients, of the steps [first, last), contribute: dW_ih += dG^T x,
  /// dW_hh += dG^T h_previous, db += column sums of dG. `read` are the part's own rows of x, null for those of the batch.
  void add(const T* slot_gradients, std::int64_t rows, std::int64_t first, std::int64_t last,
           const std::vector<const T*>& previous_h, const T* read);

  T* weight_ih() const { return weight_ih_; }
  T* weight_hh() const { return weight_hh_; }
  T* bias() const { return bias_; }          ///< [slots, H]
  T* diagonal() const { return diagonal_; }  ///< [G, H] in slot order, of a diagonal W_hh
  const std::array<T*, max_vectors>& vectors() const { return vectors_; }
  T* classes() const { return classes_; }  ///< [I, G H] in slot order, for one-hot input
  T* narrow() const { return narrow_; }    ///< the same of an input so narrow that rows are not worth packing
  std::int64_t rows_size() const { return rows_size_; }  ///< of what lies from bias() on
  /// [H]: where a reset leads the gradient of state k; null where none is wanted.
  T* start(std::size_t k) const { return start_[k]; }

 private:
  void prepare(std::int64_t width);
  void add_input_product();
  void add_recurrent_products(const std::vector<const T*>& previous_h);
  void add_narrow(const T* slot_gradients, std::int64_t rows);
  void add_diagonal(const T* slot_gradients, std::int64_t rows, const std::vector<const T*>& previous_h);
  void add_classes(const T* slot_gradients, std::int64_t first, std::int64_t last);
  void collect_input(std::int64_t first, std::int64_t last, const T* read);

  const Sequence<T>& s_;
  std::int64_t part_, most_rows_ = 0, rows_size_ = 0;
  Buffer<T> sums_, scratch_;
  T *weight_ih_ = nullptr, *weight_hh_ = nullptr, *bias_ = nullptr, *classes_ = nullptr;
  T* diagonal_ = nullptr;
  T* narrow_ = nullptr;
  T* chunk_ =
      nullptr;  ///< [slots + vectors (+ G) (+ I G), H], as bias, vectors, diagonal and narrow lie, of this chunk
  std::array<T*, max_vectors> vectors_{}, chunk_vectors_{};
  std::array<T*, max_states> start_{};
  T *packed_ = nullptr, *panels_ = nullptr;
  bool begun_ = false;  ///< the first products are written, the later ones added
  std::vector<const T*> input_rows_;
  std::vector<T> column_;
};

/// Adds the contributions of all parts, in their order, into the result.
template <class T>
void add_up(const Sequence<T>& sequence, std::vector<std::optional<WeightGradients<T>>>& parts,
            const Parallel& parallel, const BackwardResult<T>& result);

}  // namespace carousel::fused
