// The matrix products of a recurrent layer: tall or few rows against weights that every step uses again.
//
// Written here and not left to the BLAS because the recurrent product has few rows (a thread's share of the
// batch) and the same right-hand side at every step: packed once a sequence, it runs at the speed of a large
// product. docs/performance.md has the measurement.
//
// B is kept as panels: `panel_width` columns at a time, row after row, the last panel as narrow as it may be.
// All arrays end with room for one more vector (`slack` elements), so that whole vectors can be read and written.
#pragma once

#include <cstdint>

#include "carousel/recurrent/fused/simd_level.h"

namespace carousel::fused {

inline constexpr std::int64_t slack = 16;

/// B [K, N], packed.
template <class T> struct Panels {
  T* data = nullptr;
  std::int64_t k = 0, n = 0;
};

/// Elements that B [K, N] takes as panels.
template <class T> std::int64_t panels_size(SimdLevel level, std::int64_t k, std::int64_t n);
template <class T> std::int64_t panel_count(SimdLevel level, std::int64_t n);

/// Packs the panels [first, last) from rows (row k of B starts at rows[k]).
template <class T>
void pack_rows(SimdLevel level, const Panels<T>& panels, const T* const* rows, std::int64_t first,
               std::int64_t last);

/// The same from columns (column n of B starts at columns[n]).
template <class T>
void pack_columns(SimdLevel level, const Panels<T>& panels, const T* const* columns, std::int64_t first,
                  std::int64_t last);

/// C = start + A B, where start is C itself, a row that is repeated (`bias`), or zero.
template <class T> struct Product {
  const T* a = nullptr;  ///< [rows, K]
  std::int64_t a_stride = 0;
  std::int64_t rows = 0;
  T* c = nullptr;  ///< [rows, N]
  std::int64_t c_stride = 0;
  const T* bias = nullptr;
  bool accumulate = false;
};
template <class T> void multiply(SimdLevel level, const Product<T>& product, const Panels<T>& b);

/// y[n] += x . W[n], for n < N: one row against weights that are not packed, W [N, K] with rows next to one another.
template <class T>
void add_dots(SimdLevel level, const T* x, const T* weights, std::int64_t n, std::int64_t k, T* y);

/// A [K, blocks * width], packed for products with its transpose; `packed` takes transposed_size elements.
template <class T> std::int64_t transposed_size(std::int64_t k, std::int64_t columns);
template <class T>
void pack_transposed(SimdLevel level, const T* a, std::int64_t a_stride, std::int64_t k, std::int64_t blocks,
                     std::int64_t width, T* packed);

/// C [count * width, N] = (blocks first .. first + count of A)^T B, added to C or in its place.
template <class T>
void multiply_transposed(SimdLevel level, const T* packed, std::int64_t first, std::int64_t count,
                         std::int64_t width, const Panels<T>& b, bool accumulate, T* c,
                         std::int64_t c_stride);

/// sums[m] += the sum of column m of A [K, M].
template <class T>
void add_column_sums(SimdLevel level, const T* a, std::int64_t a_stride, std::int64_t k, std::int64_t m,
                     T* sums);

/// sums[m] += the sum of column m of A [K, M], its rows multiplied by w.
template <class T>
void add_weighted_sums(SimdLevel level, const T* a, std::int64_t a_stride, const T* w, std::int64_t k,
                       std::int64_t m, T* sums);

/// c[r][m] += a[r][m] w[m], for `rows` rows.
template <class T>
void add_products(SimdLevel level, const T* a, std::int64_t a_stride, const T* w, std::int64_t rows,
                  std::int64_t m, T* c, std::int64_t c_stride);

/// to[m] += from[m].
template <class T> void add_row(SimdLevel level, const T* from, std::int64_t m, T* to);

/// Whether none of m values is NaN or infinite.
template <class T> bool all_finite(SimdLevel level, const T* a, std::int64_t m);

}  // namespace carousel::fused
