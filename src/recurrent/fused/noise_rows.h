// What noise does to a row of units.
#pragma once

#include <cstdint>

#include "carousel/recurrent/fused/simd_level.h"

namespace carousel::fused {

/// to[u] = 0 with probability `dropped`, else `kept`. The bits are a function of key and u alone.
template <class T>
void draw_row(SimdLevel level, std::uint64_t key, double dropped, T kept, std::int64_t units, T* to);

/// to[u] = factor[u] a[u]; `to` may be `a`.
template <class T> void scale_row(SimdLevel level, const T* factor, const T* a, std::int64_t units, T* to);

/// to[u] = share[u] a[u] + (1 - share[u]) b[u]; `to` may be `a`.
template <class T>
void blend_row(SimdLevel level, const T* share, const T* a, const T* b, std::int64_t units, T* to);

/// Divides g = a + b into what the new value gets, a = share g, and the rest for the old one. `b` may be null.
template <class T>
void divide_row(SimdLevel level, const T* share, const T* b, std::int64_t units, T* a, T* rest);

}  // namespace carousel::fused
