#include "recurrent_panels.h"

namespace carousel::fused {

template <class T>
RecurrentPanels<T>::RecurrentPanels(const Sequence<T>& sequence, Way way) : s_(sequence), way_(way) {
  if (!s_.has_heads()) return;
  const std::int64_t together = s_.heads() == 1 ? s_.gates() : 1, size = s_.head_units();
  for (std::int64_t head = 0; head < s_.heads(); ++head) {
    for (std::int64_t slot = 0; slot < s_.gates(); slot += together) {
      Block block{head, slot, together, {}};
      block.panels.k = way == Way::forth ? size : together * size;
      block.panels.n = way == Way::forth ? together * size : size;
      size_ += panels_size<T>(s_.level, block.panels.k, block.panels.n);
      blocks_.push_back(block);
    }
  }
}

template <class T> void RecurrentPanels<T>::place(T* memory) {
  for (auto& block : blocks_) {
    block.panels.data = memory;
    memory += panels_size<T>(s_.level, block.panels.k, block.panels.n);
  }
}

template <class T> const T* RecurrentPanels<T>::head_of(std::int64_t head, std::int64_t slot) const {
  const auto gate = static_cast<std::int64_t>(s_.cell.recurrent_gate[static_cast<std::size_t>(slot)]);
  return s_.weight_hh + (head * s_.gates() + gate) * s_.head_units() * s_.head_units();
}

template <class T> std::vector<const T*> RecurrentPanels<T>::rows_of(const Block& block) const {
  const std::int64_t size = s_.head_units();
  std::vector<const T*> rows;
  rows.reserve(static_cast<std::size_t>(block.slots * size));
  for (std::int64_t slot = block.slot; slot < block.slot + block.slots; ++slot) {
    const T* first = head_of(block.head, slot);
    for (std::int64_t u = 0; u < size; ++u) rows.push_back(first + u * size);
  }
  return rows;
}

template <class T> void RecurrentPanels<T>::pack(std::int64_t share, std::int64_t shares) const {
  for (const auto& block : blocks_) {
    const auto [first, last] = slice(panel_count<T>(s_.level, block.panels.n), share, shares);
    if (way_ == Way::forth) {
      pack_columns(s_.level, block.panels, rows_of(block).data(), first, last);
    } else {
      pack_rows(s_.level, block.panels, rows_of(block).data(), first, last);
    }
  }
}

template <class T>
void RecurrentPanels<T>::multiply(const T* from, std::int64_t from_stride, std::int64_t rows, T* to,
                                  std::int64_t to_stride) const {
  if (s_.recurrence.form == Recurrence::Form::diagonal)
    multiply_diagonal(from, from_stride, rows, to, to_stride);
  for (const auto& block : blocks_) {
    const std::int64_t of_h = block.head * s_.head_units(), of_slots = block.slot * s_.units + of_h;
    const bool forth = way_ == Way::forth;
    fused::multiply(s_.level,
                    {.a = from + (forth ? of_h : of_slots),
                     .a_stride = from_stride,
                     .rows = rows,
                     .c = to + (forth ? of_slots : of_h),
                     .c_stride = to_stride,
                     .accumulate = true},
                    block.panels);
  }
}

template <class T>
void RecurrentPanels<T>::multiply_diagonal(const T* from, std::int64_t from_stride, std::int64_t rows, T* to,
                                           std::int64_t to_stride) const {
  for (std::int64_t slot = 0; slot < s_.gates(); ++slot) {
    const auto gate = static_cast<std::int64_t>(s_.cell.recurrent_gate[static_cast<std::size_t>(slot)]);
    const std::int64_t of_slot = slot * s_.units;
    const bool forth = way_ == Way::forth;
    add_products(s_.level, from + (forth ? 0 : of_slot), from_stride, s_.weight_hh + gate * s_.units, rows,
                 s_.units, to + (forth ? of_slot : 0), to_stride);
  }
}

template <class T> void RecurrentPanels<T>::multiply_unpacked(const T* h, T* slots) const {
  if (s_.recurrence.form == Recurrence::Form::diagonal) multiply_diagonal(h, 0, 1, slots, 0);
  const std::int64_t size = s_.head_units();
  for (const auto& block : blocks_) {
    for (std::int64_t slot = block.slot; slot < block.slot + block.slots; ++slot) {
      add_dots(s_.level, h + block.head * size, head_of(block.head, slot), size, size,
               slots + slot * s_.units + block.head * size);
    }
  }
}

template class RecurrentPanels<float>;
template class RecurrentPanels<double>;

}  // namespace carousel::fused
