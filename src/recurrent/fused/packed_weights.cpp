#include "packed_weights.h"

#include <algorithm>

namespace carousel::fused {

namespace {

/// Row (or, transposed, column) pointers of a weight matrix [G H, width] in the order of the slots.
template <class T>
std::vector<const T*> in_slot_order(const Sequence<T>& s, const std::array<std::size_t, max_gates>& gate,
                                    const T* weight, std::int64_t width) {
  std::vector<const T*> rows;
  rows.reserve(static_cast<std::size_t>(s.gates() * s.units));
  for (std::int64_t k = 0; k < s.gates(); ++k) {
    const auto first = static_cast<std::int64_t>(gate[static_cast<std::size_t>(k)]) * s.units;
    for (std::int64_t u = 0; u < s.units; ++u) rows.push_back(weight + (first + u) * width);
  }
  return rows;
}

}  // namespace

template <class T>
ForwardWeights<T>::ForwardWeights(const Sequence<T>& sequence, const Parallel& parallel, bool often)
    : sequence_(sequence), hh_(sequence, RecurrentPanels<T>::Way::forth) {
  const Sequence<T>& s = sequence_;
  const std::int64_t gh = s.gates() * s.units, shares = s.layout.parts();
  std::int64_t rows = 0;
  for (std::int64_t p = 0; p < shares; ++p) rows += s.layout.all_rows(p);
  packed_ = often || rows > 8;
  table_ = s.classes && (often || rows >= s.inputs);
  ih_.k = s.inputs, ih_.n = gh;
  const std::int64_t ih_size = packed_ && !s.classes ? panels_size<T>(s.level, s.inputs, gh) : 0;
  const std::int64_t hh_size = packed_ ? hh_.size() : 0;
  const std::int64_t table_size = table_ ? s.inputs * gh : 0;
  memory_ = Buffer<T>(ih_size + hh_size + table_size + s.slots() * s.units + slack);
  ih_.data = memory_.data();
  if (packed_) hh_.place(ih_.data + ih_size);
  columns_ = ih_.data + ih_size + hh_size;
  bias_ = columns_ + table_size;
  make_bias();
  hh_is_finite_ = packed_;
  if (packed_ || table_) parallel(shares, [&](std::int64_t share) { pack(share, shares); });
}

template <class T> void ForwardWeights<T>::make_bias() {
  const Sequence<T>& s = sequence_;
  std::fill_n(bias_, s.slots() * s.units, T{});
  const auto add = [&](const T* bias, std::size_t gate, std::int64_t slot) {
    if (bias)
      add_row(s.level, bias + static_cast<std::int64_t>(gate) * s.units, s.units, bias_ + slot * s.units);
  };
  for (std::size_t k = 0; k < s.cell.gates; ++k) {
    add(s.bias_ih, s.cell.input_gate[k], static_cast<std::int64_t>(k));
    add(s.bias_hh, s.cell.recurrent_gate[k], s.first_recurrent() + static_cast<std::int64_t>(k));
  }
}

template <class T> void ForwardWeights<T>::pack(std::int64_t share, std::int64_t shares) {
  const Sequence<T>& s = sequence_;
  const auto [first, last] = slice(panel_count<T>(s.level, ih_.n), share, shares);
  if (packed_) {
    hh_.pack(share, shares);
    const auto [from, to] = slice(s.recurrent_size(), share, shares);
    if (!all_finite(s.level, s.weight_hh + from, to - from)) hh_is_finite_ = false;
  }
  const auto columns = in_slot_order(s, s.cell.input_gate, s.weight_ih, s.inputs);
  if (packed_ && !s.classes) pack_columns(s.level, ih_, columns.data(), first, last);
  if (!table_) return;
  const auto [first_class, last_class] = slice(s.inputs, share, shares);
  const std::int64_t gh = s.gates() * s.units;
  for (std::int64_t c = first_class; c < last_class; ++c) {
    for (std::int64_t n = 0; n < gh; ++n)
      columns_[c * gh + n] = bias_[n] + columns[static_cast<std::size_t>(n)][c];
  }
}

template <class T>
void ForwardWeights<T>::project(std::int64_t p, std::int64_t first, std::int64_t last, T* rows,
                                std::int64_t stride) const {
  const Layout& layout = sequence_.layout;
  const std::int64_t apart = layout.parts(), before = layout.rows_before(p, first);
  const auto project_steps = [&](std::int64_t from, std::int64_t to) {
    const std::int64_t start = layout.first_row(from) + p;
    const std::int64_t count = layout.rows_before(p, to) - layout.rows_before(p, from);
    T* at = rows + (layout.rows_before(p, from) - before) * stride;
    if (sequence_.classes) {
      project_classes(sequence_.classes + start, apart, count, at, stride);
    } else {
      project_rows(sequence_.input + start * sequence_.inputs, apart * sequence_.inputs, count, at, stride);
    }
  };
  layout.for_even_runs(first, last, project_steps);
  begin_apart(layout.rows_before(p, last) - before, rows, stride);
}

template <class T>
void ForwardWeights<T>::project_own(const T* input, std::int64_t count, T* rows, std::int64_t stride) const {
  project_rows(input, sequence_.inputs, count, rows, stride);
  begin_apart(count, rows, stride);
}

/// Recurrent projections seen apart begin as their biases.
template <class T>
void ForwardWeights<T>::begin_apart(std::int64_t count, T* rows, std::int64_t stride) const {
  const std::int64_t apart_slots = sequence_.first_recurrent() * sequence_.units;
  const std::int64_t summed = sequence_.gates() * sequence_.units;
  if (apart_slots == 0) return;
  for (std::int64_t r = 0; r < count; ++r)
    std::copy_n(bias_ + summed, apart_slots, rows + r * stride + summed);
}

template <class T>
void ForwardWeights<T>::project_rows(const T* input, std::int64_t input_stride, std::int64_t count, T* rows,
                                     std::int64_t stride) const {
  const Sequence<T>& s = sequence_;
  if (packed_) {
    multiply(
        s.level,
        {.a = input, .a_stride = input_stride, .rows = count, .c = rows, .c_stride = stride, .bias = bias_},
        ih_);
    return;
  }
  for (std::int64_t r = 0; r < count; ++r) {
    std::copy_n(bias_, s.gates() * s.units, rows + r * stride);
    for (std::size_t k = 0; k < s.cell.gates; ++k) {
      const T* weight = s.weight_ih + static_cast<std::int64_t>(s.cell.input_gate[k]) * s.units * s.inputs;
      add_dots(s.level, input + r * input_stride, weight, s.units, s.inputs,
               rows + r * stride + static_cast<std::int64_t>(k) * s.units);
    }
  }
}

template <class T>
void ForwardWeights<T>::project_classes(const std::int64_t* classes, std::int64_t step, std::int64_t count,
                                        T* rows, std::int64_t stride) const {
  const Sequence<T>& s = sequence_;
  const std::int64_t gh = s.gates() * s.units;
  for (std::int64_t r = 0; r < count; ++r) {
    const std::int64_t c = classes[r * step];
    T* row = rows + r * stride;
    if (table_) {
      std::copy_n(columns_ + c * gh, gh, row);
      continue;
    }
    for (std::size_t k = 0; k < s.cell.gates; ++k) {
      const T* weight =
          s.weight_ih + static_cast<std::int64_t>(s.cell.input_gate[k]) * s.units * s.inputs + c;
      const auto slot = static_cast<std::int64_t>(k) * s.units;
      for (std::int64_t u = 0; u < s.units; ++u) row[slot + u] = bias_[slot + u] + weight[u * s.inputs];
    }
  }
}

template <class T>
void ForwardWeights<T>::add_recurrent(const T* h, std::int64_t count, T* rows, std::int64_t stride) const {
  const Sequence<T>& s = sequence_;
  T* at = rows + s.first_recurrent() * s.units;
  if (packed_) {
    hh_.multiply(h, s.units, count, at, stride);
    return;
  }
  for (std::int64_t r = 0; r < count; ++r) hh_.multiply_unpacked(h + r * s.units, at + r * stride);
}

template <class T>
BackwardWeights<T>::BackwardWeights(const Sequence<T>& s, bool with_input, const Parallel& parallel)
    : hh_(s, RecurrentPanels<T>::Way::back) {
  const std::int64_t gh = s.gates() * s.units, shares = s.layout.parts();
  memory_ = Buffer<T>(hh_.size() + (with_input ? panels_size<T>(s.level, gh, s.inputs) : 0) + slack);
  hh_.place(memory_.data());
  ih_ = {memory_.data() + hh_.size(), gh, with_input ? s.inputs : 0};
  const auto ih_rows = in_slot_order(s, s.cell.input_gate, s.weight_ih, s.inputs);
  parallel(shares, [&](std::int64_t share) {
    hh_.pack(share, shares);
    if (!with_input) return;
    const auto [first, last] = slice(panel_count<T>(s.level, ih_.n), share, shares);
    pack_rows(s.level, ih_, ih_rows.data(), first, last);
  });
}

template class ForwardWeights<float>;
template class ForwardWeights<double>;
template class BackwardWeights<float>;
template class BackwardWeights<double>;

}  // namespace carousel::fused
