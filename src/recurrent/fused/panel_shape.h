// How wide panels are, and how high tiles, at each level.
#pragma once

#include <algorithm>
#include <cstdint>

#include "carousel/recurrent/fused/simd_level.h"

#include "tile.h"

namespace carousel::fused {

struct Shape {
  std::int64_t rows, vectors, lanes;
  std::int64_t width() const { return vectors * lanes; }
};

template <class T> Shape shape_of(SimdLevel level) {
  const auto lanes = static_cast<std::int64_t>(static_cast<std::size_t>(vector_bytes(level)) / sizeof(T));
  if (level == SimdLevel::avx512) return {TileSize<64>::rows, TileSize<64>::vectors, lanes};
  if (level == SimdLevel::avx2) return {TileSize<32>::rows, TileSize<32>::vectors, lanes};
  return {TileSize<16>::rows, TileSize<16>::vectors, lanes};
}

inline std::int64_t round_up(std::int64_t value, std::int64_t to) {
  return (value + to - 1) / to * to;
}

// Columns that panel `p` takes in memory: whole vectors, but no more than there are columns for.
inline std::int64_t stored_width(const Shape& shape, std::int64_t n, std::int64_t p) {
  return std::min(shape.width(), round_up(n - p * shape.width(), shape.lanes));
}

}  // namespace carousel::fused
