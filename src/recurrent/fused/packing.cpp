#include <algorithm>

#include "matrix.h"
#include "panel_shape.h"

namespace carousel::fused {

template <class T> std::int64_t panel_count(SimdLevel level, std::int64_t n) {
  const auto width = shape_of<T>(level).width();
  return (n + width - 1) / width;
}

template <class T> std::int64_t panels_size(SimdLevel level, std::int64_t k, std::int64_t n) {
  return k * round_up(n, shape_of<T>(level).lanes) + slack;
}

namespace {

/// Fills the panels [first, last); fill(k, column, count, to) writes `count` entries of row k from `column`
/// on, and what is left of the stored width becomes 0.
template <class T, class Fill>
void pack(SimdLevel level, const Panels<T>& panels, std::int64_t first, std::int64_t last, Fill fill) {
  const Shape shape = shape_of<T>(level);
  for (std::int64_t p = first; p < last; ++p) {
    const std::int64_t column = p * shape.width(), stored = stored_width(shape, panels.n, p);
    const std::int64_t real = std::min(stored, panels.n - column);
    T* to = panels.data + column * panels.k;
    for (std::int64_t k = 0; k < panels.k; ++k, to += stored) {
      fill(k, column, real, to);
      std::fill_n(to + real, stored - real, T{});
    }
  }
}

}  // namespace

template <class T>
void pack_rows(SimdLevel level, const Panels<T>& panels, const T* const* rows, std::int64_t first,
               std::int64_t last) {
  pack(level, panels, first, last, [rows](std::int64_t k, std::int64_t column, std::int64_t count, T* to) {
    std::copy_n(rows[k] + column, count, to);
  });
}

template <class T>
void pack_columns(SimdLevel level, const Panels<T>& panels, const T* const* columns, std::int64_t first,
                  std::int64_t last) {
  pack(level, panels, first, last, [columns](std::int64_t k, std::int64_t column, std::int64_t count, T* to) {
    for (std::int64_t j = 0; j < count; ++j) to[j] = columns[column + j][k];
  });
}

#define CAROUSEL_INSTANTIATE(T)                                                                         \
  template std::int64_t panels_size<T>(SimdLevel, std::int64_t, std::int64_t);                          \
  template std::int64_t panel_count<T>(SimdLevel, std::int64_t);                                        \
  template void pack_rows<T>(SimdLevel, const Panels<T>&, const T* const*, std::int64_t, std::int64_t); \
  template void pack_columns<T>(SimdLevel, const Panels<T>&, const T* const*, std::int64_t, std::int64_t);
CAROUSEL_INSTANTIATE(float)
CAROUSEL_INSTANTIATE(double)
#undef CAROUSEL_INSTANTIATE

}  // namespace carousel::fused
