#include "weight_gradients.h"

#include <algorithm>

namespace carousel::fused {

namespace {

/// Inputs up to which, where no product over time needs the rows packed, a pass over them for each is quicker.
constexpr std::int64_t narrow_inputs = 4;

}  // namespace

template <class T>
WeightGradients<T>::WeightGradients(const Sequence<T>& s, std::int64_t part, const BackwardResult<T>& result)
    : s_(s), part_(part), most_rows_(s.most_rows(part)) {
  const std::int64_t gh = s.gates() * s.units, width = s.slots() * s.units;
  const std::int64_t hh = result.weight_hh && s.has_heads() ? s.recurrent_size() : 0;
  const bool narrow = result.weight_ih && !s.classes && hh == 0 && s.inputs <= narrow_inputs;
  const std::int64_t ih = result.weight_ih && !narrow ? gh * s.inputs : 0;
  const bool diagonal = result.weight_hh && !s.has_heads();
  const bool own = part > 0;
  const std::int64_t vectors = static_cast<std::int64_t>(s.cell.vectors) * s.units;
  rows_size_ = width + vectors + (diagonal ? gh : 0) + (narrow ? gh * s.inputs : 0);
  const std::int64_t start = s.states() * s.units;
  sums_ = Buffer<T>(2 * rows_size_ + start + (own || s.classes ? ih : 0) + (own ? hh : 0) + slack);
  std::fill_n(sums_.data(), 2 * rows_size_ + start, T{});
  bias_ = sums_.data();
  chunk_ = bias_ + rows_size_;
  if (diagonal) diagonal_ = bias_ + width + vectors;
  if (narrow) narrow_ = bias_ + rows_size_ - gh * s.inputs;
  for (std::size_t v = 0; v < s.cell.vectors; ++v) {
    const std::int64_t at = width + static_cast<std::int64_t>(v) * s.units;
    vectors_[v] = result.vectors[v] ? bias_ + at : nullptr;
    chunk_vectors_[v] = result.vectors[v] ? chunk_ + at : nullptr;
  }
  T* next = chunk_ + rows_size_;
  const auto take = [&](std::int64_t size) { return std::exchange(next, next + size); };
  for (std::size_t k = 0; k < s.cell.states; ++k) {
    T* sum = take(s.units);
    start_[k] = result.start[k] ? sum : nullptr;
  }
  if (ih) (s.classes ? classes_ : weight_ih_) = own || s.classes ? take(ih) : result.weight_ih;
  if (hh) weight_hh_ = own ? take(hh) : result.weight_hh;
  if (classes_) std::fill_n(classes_, ih, T{});
  prepare(width);
  if (s.layout.steps() > 0) return;  // the products over time write before they add, and need no zeros
  if (weight_ih_) std::fill_n(weight_ih_, ih, T{});
  if (weight_hh_) std::fill_n(weight_hh_, hh, T{});
}

template <class T> void WeightGradients<T>::prepare(std::int64_t width) {
  const std::int64_t packed = transposed_size<T>(most_rows_, width);
  const std::int64_t columns = std::max(s_.units, s_.classes ? 0 : s_.inputs);
  scratch_ = Buffer<T>(packed + panels_size<T>(s_.level, most_rows_, columns));
  packed_ = scratch_.data();
  panels_ = packed_ + packed;
}

template <class T>
void WeightGradients<T>::add(const T* slot_gradients, std::int64_t rows, std::int64_t first,
                             std::int64_t last, const std::vector<const T*>& previous_h, const T* read) {
  const std::int64_t width = s_.slots() * s_.units;
  add_column_sums(s_.level, slot_gradients, width, rows, width, chunk_);
  if (diagonal_) add_diagonal(slot_gradients, rows, previous_h);
  if (weight_ih_ || narrow_) collect_input(first, last, read);
  if (narrow_) add_narrow(slot_gradients, rows);
  add_row(s_.level, chunk_, rows_size_, bias_);
  std::fill_n(chunk_, rows_size_, T{});
  if (classes_) add_classes(slot_gradients, first, last);
  if (!weight_ih_ && !weight_hh_) return;
  // In blocks of a head's units, so that both products find theirs.
  pack_transposed(s_.level, slot_gradients, width, rows, s_.slots() * s_.heads(), s_.head_units(), packed_);
  if (weight_hh_) add_recurrent_products(previous_h);
  if (weight_ih_) add_input_product();
  begun_ = true;
}

template <class T> void WeightGradients<T>::add_narrow(const T* slot_gradients, std::int64_t rows) {
  const std::int64_t gh = s_.gates() * s_.units;
  column_.resize(static_cast<std::size_t>(rows));
  for (std::int64_t i = 0; i < s_.inputs; ++i) {
    std::ranges::transform(input_rows_, column_.begin(), [i](const T* row) { return row[i]; });
    add_weighted_sums(s_.level, slot_gradients, s_.slots() * s_.units, column_.data(), rows, gh,
                      chunk_ + (narrow_ - bias_) + i * gh);
  }
}

template <class T> void WeightGradients<T>::add_input_product() {
  const Panels<T> panels{panels_, static_cast<std::int64_t>(input_rows_.size()), s_.inputs};
  pack_rows(s_.level, panels, input_rows_.data(), 0, panel_count<T>(s_.level, s_.inputs));
  for (std::int64_t k = 0; k < s_.gates(); ++k) {
    const auto gate = static_cast<std::int64_t>(s_.cell.input_gate[static_cast<std::size_t>(k)]);
    multiply_transposed(s_.level, packed_, k * s_.heads(), s_.heads(), s_.head_units(), panels, begun_,
                        weight_ih_ + gate * s_.units * s_.inputs, s_.inputs);
  }
}

/// Of each head: its units' gradients, times the h that they read.
template <class T> void WeightGradients<T>::add_recurrent_products(const std::vector<const T*>& previous_h) {
  const std::int64_t size = s_.head_units();
  const Panels<T> panels{panels_, static_cast<std::int64_t>(previous_h.size()), size};
  std::vector<const T*> read = previous_h;
  for (std::int64_t head = 0; head < s_.heads(); ++head) {
    pack_rows(s_.level, panels, read.data(), 0, panel_count<T>(s_.level, size));
    for (std::int64_t k = 0; k < s_.gates(); ++k) {
      const auto gate = static_cast<std::int64_t>(s_.cell.recurrent_gate[static_cast<std::size_t>(k)]);
      multiply_transposed(s_.level, packed_, (s_.first_recurrent() + k) * s_.heads() + head, 1, size, panels,
                          begun_, weight_hh_ + (head * s_.gates() + gate) * size * size, size);
    }
    for (auto& h : read) h += size;
  }
}

template <class T>
void WeightGradients<T>::add_diagonal(const T* slot_gradients, std::int64_t rows,
                                      const std::vector<const T*>& previous_h) {
  T* sums = chunk_ + (diagonal_ - bias_);
  for (std::int64_t r = 0; r < rows; ++r, slot_gradients += s_.slots() * s_.units) {
    const T* h = previous_h[static_cast<std::size_t>(r)];
    // Rows here are the gates: each times the same h.
    add_products(s_.level, slot_gradients + s_.first_recurrent() * s_.units, s_.units, h, s_.gates(),
                 s_.units, sums, s_.units);
  }
}

template <class T>
void WeightGradients<T>::collect_input(std::int64_t first, std::int64_t last, const T* read) {
  input_rows_.clear();
  if (read) {
    const std::int64_t rows = s_.layout.rows_before(part_, last) - s_.layout.rows_before(part_, first);
    for (std::int64_t r = 0; r < rows; ++r) input_rows_.push_back(read + r * s_.inputs);
    return;
  }
  for (std::int64_t i = first; i < last; ++i) {
    for (std::int64_t r = 0; r < s_.layout.rows(part_, i); ++r) {
      input_rows_.push_back(s_.input + (s_.layout.first_row(i) + part_ + r * s_.layout.parts()) * s_.inputs);
    }
  }
}

template <class T>
void WeightGradients<T>::add_classes(const T* slot_gradients, std::int64_t first, std::int64_t last) {
  const std::int64_t gh = s_.gates() * s_.units, width = s_.slots() * s_.units;
  for (std::int64_t i = first; i < last; ++i) {
    for (std::int64_t r = 0; r < s_.layout.rows(part_, i); ++r, slot_gradients += width) {
      const std::int64_t c = s_.classes[s_.layout.first_row(i) + part_ + r * s_.layout.parts()];
      add_row(s_.level, slot_gradients, gh, classes_ + c * gh);
    }
  }
}

namespace {

/// The gradient of a bias or a diagonal, whose gates lie in slots from `first` on.
template <class T>
void write_bias(const Sequence<T>& s, const T* sums, std::int64_t first,
                const std::array<std::size_t, max_gates>& gates, T* bias) {
  if (!bias) return;
  for (std::int64_t k = 0; k < s.gates(); ++k) {
    const auto gate = static_cast<std::int64_t>(gates[static_cast<std::size_t>(k)]);
    std::copy_n(sums + (first + k) * s.units, s.units, bias + gate * s.units);
  }
}

/// A table [I, G H] in slot order, as dW_ih [G H, I]; rows of blocks [from, to).
template <class T>
void write_table(const Sequence<T>& s, const T* table, std::int64_t from, std::int64_t to, T* weight_ih) {
  const std::int64_t gh = s.gates() * s.units;
  for (std::int64_t n = from; n < to; ++n) {
    const auto gate = static_cast<std::int64_t>(s.cell.input_gate[static_cast<std::size_t>(n / s.units)]);
    T* row = weight_ih + (gate * s.units + n % s.units) * s.inputs;
    for (std::int64_t c = 0; c < s.inputs; ++c) row[c] = table[c * gh + n];
  }
}

}  // namespace

template <class T>
void add_up(const Sequence<T>& s, std::vector<std::optional<WeightGradients<T>>>& parts,
            const Parallel& parallel, const BackwardResult<T>& result) {
  WeightGradients<T>& first = *parts.front();
  const auto shares = static_cast<std::int64_t>(parts.size());
  const std::int64_t gh = s.gates() * s.units;
  parallel(shares, [&](std::int64_t share) {
    const auto add = [&](auto member, std::int64_t size) {
      const auto [from, to] = slice(size, share, shares);
      T* sum = (first.*member)();
      for (std::size_t p = 1; sum && p < parts.size(); ++p) {
        add_row(s.level, ((*parts[p]).*member)() + from, to - from, sum + from);
      }
    };
    add(&WeightGradients<T>::weight_ih, gh * s.inputs);
    add(&WeightGradients<T>::weight_hh, s.recurrent_size());
    add(&WeightGradients<T>::classes, gh * s.inputs);
    if (share > 0) return;
    for (std::size_t p = 1; p < parts.size(); ++p) {
      add_row(s.level, parts[p]->bias(), first.rows_size(), first.bias());
      for (std::size_t k = 0; k < s.cell.states; ++k) {
        if (first.start(k)) add_row(s.level, parts[p]->start(k), s.units, first.start(k));
      }
    }
  });
  write_bias(s, first.bias(), 0, s.cell.input_gate, result.bias_ih);
  write_bias(s, first.bias(), s.first_recurrent(), s.cell.recurrent_gate, result.bias_hh);
  if (first.diagonal()) write_bias(s, first.diagonal(), 0, s.cell.recurrent_gate, result.weight_hh);
  for (std::size_t v = 0; v < s.cell.vectors; ++v) {
    if (result.vectors[v]) std::copy_n(first.vectors()[v], s.units, result.vectors[v]);
  }
  for (std::size_t k = 0; k < s.cell.states; ++k) {
    if (result.start[k]) std::copy_n(first.start(k), s.units, result.start[k]);
  }
  const T* table = first.classes() ? first.classes() : first.narrow();
  if (!table) return;
  parallel(shares, [&](std::int64_t share) {
    const auto [from, to] = slice(gh, share, shares);
    write_table(s, table, from, to, result.weight_ih);
  });
}

template class WeightGradients<float>;
template class WeightGradients<double>;
template void add_up<float>(const Sequence<float>&, std::vector<std::optional<WeightGradients<float>>>&,
                            const Parallel&, const BackwardResult<float>&);
template void add_up<double>(const Sequence<double>&, std::vector<std::optional<WeightGradients<double>>>&,
                             const Parallel&, const BackwardResult<double>&);

}  // namespace carousel::fused
