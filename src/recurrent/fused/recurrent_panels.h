// W_hh as the products of a pass read it, for every recurrence.
#pragma once

#include "sequence.h"

namespace carousel::fused {

/// Products with W_hh^T on the way forth, from h [rows, H] to the recurrent slots, or with W_hh on the way back.
///
/// W_hh is as many matrices as there are heads; with one head the blocks of all gates lie side by side and are one
/// product. A diagonal is read as it is, and without a recurrence there is nothing to do.
template <class T> class RecurrentPanels {
 public:
  enum class Way { forth, back };
  RecurrentPanels(const Sequence<T>& sequence, Way way);

  /// Elements that the panels take, and where they are.
  std::int64_t size() const { return size_; }
  void place(T* memory);
  /// Packs a share of them.
  void pack(std::int64_t share, std::int64_t shares) const;

  /// to += W_hh^T from, or W_hh from. The side of the slots begins at the first recurrent one.
  void multiply(const T* from, std::int64_t from_stride, std::int64_t rows, T* to,
                std::int64_t to_stride) const;

  /// The same for one row on the way forth, from weights that are not packed.
  void multiply_unpacked(const T* h, T* slots) const;

 private:
  struct Block {
    std::int64_t head, slot, slots;  ///< the gates of `slots` slots from `slot` on
    Panels<T> panels;
  };
  /// Row pointers of a block, in the order of the slots.
  std::vector<const T*> rows_of(const Block& block) const;
  const T* head_of(std::int64_t head, std::int64_t slot) const;
  void multiply_diagonal(const T* from, std::int64_t from_stride, std::int64_t rows, T* to,
                         std::int64_t to_stride) const;

  const Sequence<T>& s_;
  Way way_;
  std::vector<Block> blocks_;
  std::int64_t size_ = 0;
};

}  // namespace carousel::fused
