// The innermost loop of a product: a tile of C held in registers.
#pragma once

#include "carousel/recurrent/fused/vector_math.h"

namespace carousel::fused {

/// Rows and vectors of the largest tile, as many as the registers of a level hold (32 of 512 bits, else 16).
template <int Bytes> struct TileSize {
  static constexpr int rows = Bytes == 16 ? 4 : 6;
  static constexpr int vectors = Bytes == 64 ? 4 : 2;
};

/// A value that several instructions use is loaded once, not by each of them: the compiler would rather save
/// the register, and the loads are what tiles of few rows are bound by.
template <class V> CAROUSEL_INLINE void keep_in_register([[maybe_unused]] V& value) {
#if defined(__x86_64__) && !defined(__clang__)  // clang checks the width before it inlines, and needs it less
  __asm__("" : "+v"(value));
#endif
}

enum class Start { zero, bias, accumulate };

template <class T> struct TileArguments {
  const T* a;  ///< row-major: element (i, k) at a[i * a_stride + k]; packed: at a[k * height + i]
  std::int64_t a_stride;
  const T* b;  ///< the panel: row k at b[k * width]
  std::int64_t k;
  T* c;
  std::int64_t c_stride;
  const T* bias;
  Start start;
};

/// B is read once and in order, but from the second-level cache: asked for so many rows ahead of its use, where a row
/// is wide enough that the processor does not keep up by itself.
template <class V, int Vectors> CAROUSEL_INLINE void prefetch_row([[maybe_unused]] const Element<V>* b) {
  constexpr int ahead = 8;
  if constexpr (sizeof(V) == 64) {
    for (int j = 0; j < Vectors; ++j) __builtin_prefetch(b + (ahead * Vectors + j) * lanes<V>);
  }
}

/// sum += a row of B, times a column of A.
template <class V, int Rows, int Vectors>
CAROUSEL_INLINE void add_outer_product(const Element<V>* b, const Element<V>* a, std::int64_t a_stride,
                                       V (&sum)[Rows][Vectors]) {
  V row[Vectors];
  for (int j = 0; j < Vectors; ++j) {
    row[j] = load<V>(b + j * lanes<V>);
    if (Rows > 1) keep_in_register(row[j]);
  }
  for (int i = 0; i < Rows; ++i) {
    const Element<V> factor = a[i * a_stride];
    for (int j = 0; j < Vectors; ++j) sum[i][j] += factor * row[j];
  }
}

/// C [Rows, Vectors * lanes] = start + A B. Packed A is that of weight gradients, which are added up over
/// many chunks of rows: there the start comes last, as it would swallow small terms one by one that count
/// when they are added up first.
template <class V, int Rows, int Vectors, bool PackedA>
CAROUSEL_INLINE void tile(const TileArguments<Element<V>>& given) {
  const auto t = given;  // a copy, which no store into C can change
  constexpr std::int64_t width = Vectors * lanes<V>;
  // A tile of few rows has too few sums to keep the multipliers busy: several k apart.
  constexpr int ways = Rows * Vectors <= 2 ? 4 : Rows * Vectors <= 6 ? 2 : 1;
  constexpr int unrolled = 4;
  const std::int64_t i_stride = PackedA ? 1 : t.a_stride, k_stride = PackedA ? Rows : 1;
  V sum[ways][Rows][Vectors];
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Vectors; ++j) {
      for (int w = 1; w < ways; ++w) sum[w][i][j] = V{};
      if (PackedA || t.start == Start::zero) {
        sum[0][i][j] = V{};
      } else {
        sum[0][i][j] = load<V>((t.start == Start::bias ? t.bias : t.c + i * t.c_stride) + j * lanes<V>);
      }
    }
  }
  const auto *a = t.a, *b = t.b;
  std::int64_t k = 0;
  for (; k + unrolled <= t.k; k += unrolled) {
    for (int u = 0; u < unrolled; ++u, a += k_stride, b += width) {
      prefetch_row<V, Vectors>(b);
      add_outer_product<V>(b, a, i_stride, sum[u % ways]);
    }
  }
  for (; k < t.k; ++k, a += k_stride, b += width) add_outer_product<V>(b, a, i_stride, sum[0]);
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Vectors; ++j) {
      V total = sum[0][i][j];
      for (int w = 1; w < ways; ++w) total += sum[w][i][j];
      auto* const c = t.c + i * t.c_stride + j * lanes<V>;
      if (PackedA && t.start == Start::accumulate) total += load<V>(c);
      store<V>(c, total);
    }
  }
}

/// One or two rows and several panels at once, `panel` elements apart: what is left of a product that is
/// bound by reading B, as for a single sequence.
template <class V, int Rows, int Panels>
CAROUSEL_INLINE void wide_tile(const TileArguments<Element<V>>& t, std::int64_t panel) {
  constexpr int in_panel = TileSize<sizeof(V)>::vectors;
  constexpr std::int64_t width = in_panel * lanes<V>;
  V sum[Rows][Panels * in_panel];
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Panels * in_panel; ++j) {
      if (t.start == Start::zero) {
        sum[i][j] = V{};
      } else {
        sum[i][j] = load<V>((t.start == Start::bias ? t.bias : t.c + i * t.c_stride) + j * lanes<V>);
      }
    }
  }
  for (std::int64_t k = 0; k < t.k; ++k) {
    for (int j = 0; j < Panels * in_panel; ++j) {
      V b = load<V>(t.b + (j / in_panel) * panel + k * width + (j % in_panel) * lanes<V>);
      if (Rows > 1) keep_in_register(b);
      for (int i = 0; i < Rows; ++i) sum[i][j] += t.a[i * t.a_stride + k] * b;
    }
  }
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Panels * in_panel; ++j) store<V>(t.c + i * t.c_stride + j * lanes<V>, sum[i][j]);
  }
}

}  // namespace carousel::fused
