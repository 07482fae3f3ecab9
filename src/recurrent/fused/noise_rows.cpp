#include "noise_rows.h"

#include <algorithm>
#include <array>

#include "carousel/recurrent/fused/vector_math.h"

namespace carousel::fused {

namespace {

/// 32 bits from 32: multiplications and shifts that leave no bit unmixed (constants of C. Wellons' lowbias32).
CAROUSEL_INLINE std::uint32_t mixed(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7feb352dU;
  x = (x ^ (x >> 15)) * 0x846ca68bU;
  return x ^ (x >> 16);
}

// Loops that the compiler turns into vectors of the level they are inlined at.
template <class T>
CAROUSEL_INLINE void draw_units(std::uint64_t key, std::uint32_t limit, T kept, std::int64_t units, T* to) {
  const auto low = static_cast<std::uint32_t>(key), high = static_cast<std::uint32_t>(key >> 32U);
  const auto count = static_cast<std::uint32_t>(units);
  for (std::uint32_t u = 0; u < count; ++u) to[u] = mixed(mixed(u ^ low) ^ high) < limit ? T{} : kept;
}

template <class T> CAROUSEL_INLINE void scale_units(const T* factor, const T* a, std::int64_t units, T* to) {
  for (std::int64_t u = 0; u < units; ++u) to[u] = factor[u] * a[u];
}

template <class T>
CAROUSEL_INLINE void blend_units(const T* share, const T* a, const T* b, std::int64_t units, T* to) {
  for (std::int64_t u = 0; u < units; ++u) to[u] = share[u] * a[u] + (1 - share[u]) * b[u];
}

template <class T>
CAROUSEL_INLINE void divide_units(const T* share, const T* b, std::int64_t units, T* a, T* rest) {
  for (std::int64_t u = 0; u < units; ++u) {
    const T g = b ? a[u] + b[u] : a[u];
    a[u] = share[u] * g;
    rest[u] = (1 - share[u]) * g;
  }
}

template <class T> struct NoiseAtLevel {
  using I = std::int64_t;
  using K = std::uint64_t;
  using L = std::uint32_t;
  static void draw_portable(K k, L l, T v, I n, T* to) { draw_units(k, l, v, n, to); }
  CAROUSEL_TARGET_AVX2 static void draw_avx2(K k, L l, T v, I n, T* to) { draw_units(k, l, v, n, to); }
  CAROUSEL_TARGET_AVX512 static void draw_avx512(K k, L l, T v, I n, T* to) { draw_units(k, l, v, n, to); }
  static void scale_portable(const T* f, const T* a, I n, T* to) { scale_units(f, a, n, to); }
  CAROUSEL_TARGET_AVX2 static void scale_avx2(const T* f, const T* a, I n, T* to) {
    scale_units(f, a, n, to);
  }
  CAROUSEL_TARGET_AVX512 static void scale_avx512(const T* f, const T* a, I n, T* to) {
    scale_units(f, a, n, to);
  }
  static void blend_portable(const T* s, const T* a, const T* b, I n, T* to) { blend_units(s, a, b, n, to); }
  CAROUSEL_TARGET_AVX2 static void blend_avx2(const T* s, const T* a, const T* b, I n, T* to) {
    blend_units(s, a, b, n, to);
  }
  CAROUSEL_TARGET_AVX512 static void blend_avx512(const T* s, const T* a, const T* b, I n, T* to) {
    blend_units(s, a, b, n, to);
  }
  static void divide_portable(const T* s, const T* b, I n, T* a, T* r) { divide_units(s, b, n, a, r); }
  CAROUSEL_TARGET_AVX2 static void divide_avx2(const T* s, const T* b, I n, T* a, T* r) {
    divide_units(s, b, n, a, r);
  }
  CAROUSEL_TARGET_AVX512 static void divide_avx512(const T* s, const T* b, I n, T* a, T* r) {
    divide_units(s, b, n, a, r);
  }
  static constexpr std::array all_draws{&draw_portable, &draw_avx2, &draw_avx512};
  static constexpr std::array all_scales{&scale_portable, &scale_avx2, &scale_avx512};
  static constexpr std::array all_blends{&blend_portable, &blend_avx2, &blend_avx512};
  static constexpr std::array all_divides{&divide_portable, &divide_avx2, &divide_avx512};
};

}  // namespace

template <class T>
void draw_row(SimdLevel level, std::uint64_t key, double dropped, T kept, std::int64_t units, T* to) {
  constexpr double words = 4294967296.0;
  const auto limit = static_cast<std::uint32_t>(std::min(dropped * words, words - 1.0));
  NoiseAtLevel<T>::all_draws[static_cast<std::size_t>(level)](key, limit, kept, units, to);
}

template <class T> void scale_row(SimdLevel level, const T* factor, const T* a, std::int64_t units, T* to) {
  NoiseAtLevel<T>::all_scales[static_cast<std::size_t>(level)](factor, a, units, to);
}

template <class T>
void blend_row(SimdLevel level, const T* share, const T* a, const T* b, std::int64_t units, T* to) {
  NoiseAtLevel<T>::all_blends[static_cast<std::size_t>(level)](share, a, b, units, to);
}

template <class T>
void divide_row(SimdLevel level, const T* share, const T* b, std::int64_t units, T* a, T* rest) {
  NoiseAtLevel<T>::all_divides[static_cast<std::size_t>(level)](share, b, units, a, rest);
}

#define CAROUSEL_INSTANTIATE(T)                                                          \
  template void draw_row<T>(SimdLevel, std::uint64_t, double, T, std::int64_t, T*);      \
  template void scale_row<T>(SimdLevel, const T*, const T*, std::int64_t, T*);           \
  template void blend_row<T>(SimdLevel, const T*, const T*, const T*, std::int64_t, T*); \
  template void divide_row<T>(SimdLevel, const T*, const T*, std::int64_t, T*, T*);
CAROUSEL_INSTANTIATE(float)
CAROUSEL_INSTANTIATE(double)
#undef CAROUSEL_INSTANTIATE

}  // namespace carousel::fused
