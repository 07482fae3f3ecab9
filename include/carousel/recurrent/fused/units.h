// The units of a row, a vector at a time, and sums over them.
#pragma once

#include <cstdint>

#include "carousel/recurrent/fused/vector_math.h"

namespace carousel::fused {

/// One vector's worth of units of one row; the last ones of a row may be fewer than a vector has.
template <class V> struct Units {
  using T = Element<V>;
  std::int64_t first = 0, count = lanes<V>;
  bool whole = true;

  CAROUSEL_INLINE V get(const T* row) const {
    return whole ? load<V>(row + first) : load_part<V>(row + first, count);
  }
  CAROUSEL_INLINE void put(T* row, const V& v) const {
    if (whole) {
      store(row + first, v);
    } else {
      store_part(row + first, v, count);
    }
  }
  /// `v` with zeros in the lanes that are no unit.
  CAROUSEL_INLINE V only(const V& v) const {
    if (whole) return v;
    T lane[lanes<V>];
    store(lane, v);
    return load_part<V>(lane, count);
  }
};

/// Sum of the lanes: halves are added to each other until one is left.
template <class V> CAROUSEL_INLINE double sum_of(const V& v) {
  if constexpr (sizeof(V) == 16) {
    double sum = 0.0;
    for (int i = 0; i < lanes<V>; ++i) sum += static_cast<double>(v[i]);
    return sum;
  } else {
    using Half = Vector<Element<V>, sizeof(V) / 2>;
    Half low, high;
    __builtin_memcpy(&low, &v, sizeof low);
    __builtin_memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof low, sizeof high);
    return sum_of<Half>(low + high);
  }
}

/// Adds the squares of v to two vectors of doubles: a float as small as 1e-30 must not vanish by squaring.
template <class V> struct Squares {
  using Doubles = Vector<double, sizeof(V)>;
  Doubles low{}, high{};

  CAROUSEL_INLINE void add(const V& v) {
    if constexpr (sizeof(Element<V>) == sizeof(double)) {
      low += v * v;
    } else {
      using Half = Vector<float, sizeof(V) / 2>;
      float lane[lanes<V>];
      store(lane, v);
      const Doubles a = __builtin_convertvector(load<Half>(lane), Doubles);
      const Doubles b = __builtin_convertvector(load<Half>(lane + lanes<V> / 2), Doubles);
      low += a * a, high += b * b;
    }
  }
  CAROUSEL_INLINE double sum() const { return sum_of<Doubles>(low + high); }
};

}  // namespace carousel::fused
