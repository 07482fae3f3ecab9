// What is done with one row at a time: dot products with weights that are not packed, and sums.
#include <algorithm>
#include <array>

#include "carousel/recurrent/fused/vector_math.h"

#include "matrix.h"

namespace carousel::fused {

namespace {

template <class V>
CAROUSEL_INLINE void dots(const Element<V>* x, const Element<V>* w, std::int64_t n, std::int64_t k,
                          Element<V>* y) {
  using T = Element<V>;
  constexpr std::int64_t together = 4;  // rows of W at a time, so that x is loaded once for them
  const std::int64_t whole = k / lanes<V> * lanes<V>;
  for (std::int64_t first = 0; first < n; first += together) {
    const std::int64_t rows = std::min(together, n - first);
    V sum[together] = {};
    const T* row[together];
    for (std::int64_t i = 0; i < together; ++i) row[i] = w + (first + std::min(i, rows - 1)) * k;
    for (std::int64_t j = 0; j < whole; j += lanes<V>) {
      const V xs = load<V>(x + j);
      for (std::int64_t i = 0; i < together; ++i) sum[i] += xs * load<V>(row[i] + j);
    }
    for (std::int64_t i = 0; i < rows; ++i) {
      T total{};
      for (int lane = 0; lane < lanes<V>; ++lane) total += sum[i][lane];
      for (std::int64_t j = whole; j < k; ++j) total += x[j] * row[i][j];
      y[first + i] += total;
    }
  }
}

template <class V> CAROUSEL_INLINE void add(const Element<V>* from, std::int64_t m, Element<V>* to) {
  std::int64_t j = 0;
  for (; j + lanes<V> <= m; j += lanes<V>) store<V>(to + j, load<V>(to + j) + load<V>(from + j));
  for (; j < m; ++j) to[j] += from[j];
}

constexpr std::int64_t rows_together = 8;  // rows at a time: the sums are loaded and stored once for them

template <class V>
CAROUSEL_INLINE void column_sums(const Element<V>* a, std::int64_t stride, std::int64_t k, std::int64_t m,
                                 Element<V>* sums) {
  std::int64_t row = 0;
  for (; row + rows_together <= k; row += rows_together) {
    const Element<V>* rows = a + row * stride;
    std::int64_t j = 0;
    for (; j + lanes<V> <= m; j += lanes<V>) {
      V sum = load<V>(rows + j);
      for (std::int64_t i = 1; i < rows_together; ++i) sum += load<V>(rows + i * stride + j);
      store<V>(sums + j, load<V>(sums + j) + sum);
    }
    for (; j < m; ++j) {
      for (std::int64_t i = 0; i < rows_together; ++i) sums[j] += rows[i * stride + j];
    }
  }
  for (; row < k; ++row) add<V>(a + row * stride, m, sums);
}

template <class V>
CAROUSEL_INLINE void weighted_sums(const Element<V>* a, std::int64_t stride, const Element<V>* w,
                                   std::int64_t k, std::int64_t m, Element<V>* sums) {
  for (std::int64_t row = 0; row < k; row += rows_together) {
    const Element<V>* rows = a + row * stride;
    const std::int64_t count = std::min(rows_together, k - row);
    std::int64_t j = 0;
    for (; j + lanes<V> <= m; j += lanes<V>) {
      V sum{};
      for (std::int64_t i = 0; i < count; ++i) sum += w[row + i] * load<V>(rows + i * stride + j);
      store<V>(sums + j, load<V>(sums + j) + sum);
    }
    for (; j < m; ++j) {
      for (std::int64_t i = 0; i < count; ++i) sums[j] += w[row + i] * rows[i * stride + j];
    }
  }
}

template <class V>
CAROUSEL_INLINE void products(const Element<V>* a, std::int64_t a_stride, const Element<V>* w,
                              std::int64_t rows, std::int64_t m, Element<V>* c, std::int64_t c_stride) {
  for (std::int64_t r = 0; r < rows; ++r, a += a_stride, c += c_stride) {
    std::int64_t j = 0;
    for (; j + lanes<V> <= m; j += lanes<V>)
      store<V>(c + j, load<V>(c + j) + load<V>(a + j) * load<V>(w + j));
    for (; j < m; ++j) c[j] += a[j] * w[j];
  }
}

template <class V> CAROUSEL_INLINE bool finite_values(const Element<V>* a, std::int64_t m) {
  V sum = {};  // x - x is 0, or NaN for what is not finite
  std::int64_t j = 0;
  for (; j + lanes<V> <= m; j += lanes<V>) {
    const V x = load<V>(a + j);
    sum += x - x;
  }
  Element<V> total{};
  for (int lane = 0; lane < lanes<V>; ++lane) total += sum[lane];
  for (; j < m; ++j) total += a[j] - a[j];
  return total == 0;
}

// The functions above at every level.
template <class T> struct AtLevel {
  using I = std::int64_t;
  static void dots_portable(const T* x, const T* w, I n, I k, T* y) { dots<Vector<T, 16>>(x, w, n, k, y); }
  CAROUSEL_TARGET_AVX2 static void dots_avx2(const T* x, const T* w, I n, I k, T* y) {
    dots<Vector<T, 32>>(x, w, n, k, y);
  }
  CAROUSEL_TARGET_AVX512 static void dots_avx512(const T* x, const T* w, I n, I k, T* y) {
    dots<Vector<T, 64>>(x, w, n, k, y);
  }
  static void sums_portable(const T* a, I s, I k, I m, T* to) { column_sums<Vector<T, 16>>(a, s, k, m, to); }
  CAROUSEL_TARGET_AVX2 static void sums_avx2(const T* a, I s, I k, I m, T* to) {
    column_sums<Vector<T, 32>>(a, s, k, m, to);
  }
  CAROUSEL_TARGET_AVX512 static void sums_avx512(const T* a, I s, I k, I m, T* to) {
    column_sums<Vector<T, 64>>(a, s, k, m, to);
  }
  static void weighted_portable(const T* a, I s, const T* w, I k, I m, T* to) {
    weighted_sums<Vector<T, 16>>(a, s, w, k, m, to);
  }
  CAROUSEL_TARGET_AVX2 static void weighted_avx2(const T* a, I s, const T* w, I k, I m, T* to) {
    weighted_sums<Vector<T, 32>>(a, s, w, k, m, to);
  }
  CAROUSEL_TARGET_AVX512 static void weighted_avx512(const T* a, I s, const T* w, I k, I m, T* to) {
    weighted_sums<Vector<T, 64>>(a, s, w, k, m, to);
  }
  static void products_portable(const T* a, I as, const T* w, I rows, I m, T* c, I cs) {
    products<Vector<T, 16>>(a, as, w, rows, m, c, cs);
  }
  CAROUSEL_TARGET_AVX2 static void products_avx2(const T* a, I as, const T* w, I rows, I m, T* c, I cs) {
    products<Vector<T, 32>>(a, as, w, rows, m, c, cs);
  }
  CAROUSEL_TARGET_AVX512 static void products_avx512(const T* a, I as, const T* w, I rows, I m, T* c, I cs) {
    products<Vector<T, 64>>(a, as, w, rows, m, c, cs);
  }
  static bool finite_portable(const T* a, I m) { return finite_values<Vector<T, 16>>(a, m); }
  CAROUSEL_TARGET_AVX2 static bool finite_avx2(const T* a, I m) { return finite_values<Vector<T, 32>>(a, m); }
  CAROUSEL_TARGET_AVX512 static bool finite_avx512(const T* a, I m) {
    return finite_values<Vector<T, 64>>(a, m);
  }
  static constexpr std::array all_dots{&dots_portable, &dots_avx2, &dots_avx512};
  static constexpr std::array all_sums{&sums_portable, &sums_avx2, &sums_avx512};
  static constexpr std::array all_weighted{&weighted_portable, &weighted_avx2, &weighted_avx512};
  static constexpr std::array all_products{&products_portable, &products_avx2, &products_avx512};
  static constexpr std::array all_of_finite{&finite_portable, &finite_avx2, &finite_avx512};
};

}  // namespace

template <class T>
void add_dots(SimdLevel level, const T* x, const T* weights, std::int64_t n, std::int64_t k, T* y) {
  AtLevel<T>::all_dots[static_cast<std::size_t>(level)](x, weights, n, k, y);
}

template <class T>
void add_column_sums(SimdLevel level, const T* a, std::int64_t a_stride, std::int64_t k, std::int64_t m,
                     T* sums) {
  AtLevel<T>::all_sums[static_cast<std::size_t>(level)](a, a_stride, k, m, sums);
}

template <class T>
void add_weighted_sums(SimdLevel level, const T* a, std::int64_t a_stride, const T* w, std::int64_t k,
                       std::int64_t m, T* sums) {
  AtLevel<T>::all_weighted[static_cast<std::size_t>(level)](a, a_stride, w, k, m, sums);
}

template <class T>
void add_products(SimdLevel level, const T* a, std::int64_t a_stride, const T* w, std::int64_t rows,
                  std::int64_t m, T* c, std::int64_t c_stride) {
  AtLevel<T>::all_products[static_cast<std::size_t>(level)](a, a_stride, w, rows, m, c, c_stride);
}

template <class T> void add_row(SimdLevel level, const T* from, std::int64_t m, T* to) {
  add_column_sums(level, from, m, 1, m, to);
}

template <class T> bool all_finite(SimdLevel level, const T* a, std::int64_t m) {
  return AtLevel<T>::all_of_finite[static_cast<std::size_t>(level)](a, m);
}

#define CAROUSEL_INSTANTIATE(T)                                                                              \
  template void add_dots<T>(SimdLevel, const T*, const T*, std::int64_t, std::int64_t, T*);                  \
  template void add_column_sums<T>(SimdLevel, const T*, std::int64_t, std::int64_t, std::int64_t, T*);       \
  template void add_weighted_sums<T>(SimdLevel, const T*, std::int64_t, const T*, std::int64_t,              \
                                     std::int64_t, T*);                                                      \
  template void add_products<T>(SimdLevel, const T*, std::int64_t, const T*, std::int64_t, std::int64_t, T*, \
                                std::int64_t);                                                               \
  template void add_row<T>(SimdLevel, const T*, std::int64_t, T*);                                           \
  template bool all_finite<T>(SimdLevel, const T*, std::int64_t);
CAROUSEL_INSTANTIATE(float)
CAROUSEL_INSTANTIATE(double)
#undef CAROUSEL_INSTANTIATE

}  // namespace carousel::fused
