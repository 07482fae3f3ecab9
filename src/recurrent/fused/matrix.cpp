#include "matrix.h"

#include <algorithm>
#include <array>
#include <utility>

#include "panel_shape.h"
#include "tile.h"

namespace carousel::fused {

namespace {

template <class T> using TileFunction = void (*)(const TileArguments<T>&);

constexpr int max_rows = 6, max_vectors = 4;

// Tiles of every height and width of one level, as functions compiled for it.
template <class T> struct TileTable {
  std::array<std::array<TileFunction<T>, max_vectors + 1>, max_rows + 1> row_major{}, packed{};
};

template <class T, int Rows, int Vectors, bool Packed> void portable_tile(const TileArguments<T>& t) {
  tile<Vector<T, 16>, Rows, Vectors, Packed>(t);
}
template <class T, int Rows, int Vectors, bool Packed>
CAROUSEL_TARGET_AVX2 void avx2_tile(const TileArguments<T>& t) {
  tile<Vector<T, 32>, Rows, Vectors, Packed>(t);
}
template <class T, int Rows, int Vectors, bool Packed>
CAROUSEL_TARGET_AVX512 void avx512_tile(const TileArguments<T>& t) {
  tile<Vector<T, 64>, Rows, Vectors, Packed>(t);
}

template <class T> using WideFunction = void (*)(const TileArguments<T>&, std::int64_t);
constexpr int wide_rows = 2, wide_sums = 8;  // vectors of C at once, as many as keep the multipliers busy

constexpr int wide_panels(int vectors, int rows) {
  return std::max(1, wide_sums / (vectors * rows));
}

template <class T, int Rows> void portable_wide(const TileArguments<T>& t, std::int64_t panel) {
  wide_tile<Vector<T, 16>, Rows, wide_panels(TileSize<16>::vectors, Rows)>(t, panel);
}
template <class T, int Rows>
CAROUSEL_TARGET_AVX2 void avx2_wide(const TileArguments<T>& t, std::int64_t panel) {
  wide_tile<Vector<T, 32>, Rows, wide_panels(TileSize<32>::vectors, Rows)>(t, panel);
}
template <class T, int Rows>
CAROUSEL_TARGET_AVX512 void avx512_wide(const TileArguments<T>& t, std::int64_t panel) {
  wide_tile<Vector<T, 64>, Rows, wide_panels(TileSize<64>::vectors, Rows)>(t, panel);
}

template <class T> WideFunction<T> wide_of(SimdLevel level, std::int64_t rows) {
  static constexpr WideFunction<T> one[] = {&portable_wide<T, 1>, &avx2_wide<T, 1>, &avx512_wide<T, 1>};
  static constexpr WideFunction<T> two[] = {&portable_wide<T, 2>, &avx2_wide<T, 2>, &avx512_wide<T, 2>};
  return (rows == 1 ? one : two)[static_cast<std::size_t>(level)];
}

template <class T, SimdLevel Level, int Rows, int Vectors, bool Packed> constexpr TileFunction<T> tile_at() {
  if constexpr (Level == SimdLevel::avx512) return &avx512_tile<T, Rows, Vectors, Packed>;
  if constexpr (Level == SimdLevel::avx2) return &avx2_tile<T, Rows, Vectors, Packed>;
  return &portable_tile<T, Rows, Vectors, Packed>;
}

template <class T, SimdLevel Level> constexpr TileTable<T> make_table() {
  using Size = TileSize<vector_bytes(Level)>;
  TileTable<T> table;
  const auto fill_row = [&]<int Rows, int... V>(std::integral_constant<int, Rows>,
                                                std::integer_sequence<int, V...>) {
    ((table.row_major[Rows][V + 1] = tile_at<T, Level, Rows, V + 1, false>(),
      table.packed[Rows][V + 1] = tile_at<T, Level, Rows, V + 1, true>()),
     ...);
  };
  const auto fill = [&]<int... R>(std::integer_sequence<int, R...>) {
    (fill_row(std::integral_constant<int, R + 1>{}, std::make_integer_sequence<int, Size::vectors>{}), ...);
  };
  fill(std::make_integer_sequence<int, Size::rows>{});
  return table;
}

template <class T> const TileTable<T>& table_of(SimdLevel level) {
  static constexpr std::array<TileTable<T>, 3> tables{make_table<T, SimdLevel::portable>(),
                                                      make_table<T, SimdLevel::avx2>(),
                                                      make_table<T, SimdLevel::avx512>()};
  return tables[static_cast<std::size_t>(level)];
}

// Tiles of nearly equal height that share `rows` rows.
struct Split {
  std::int64_t tiles, base, taller;
  Split(std::int64_t rows, std::int64_t most)
      : tiles((rows + most - 1) / most), base(tiles ? rows / tiles : 0), taller(tiles ? rows % tiles : 0) {}
  std::int64_t height(std::int64_t i) const { return base + (i < taller); }
};

// Runs a tile whose columns are not all there: through a copy.
template <class T>
void run_narrow(TileFunction<T> function, TileArguments<T> t, std::int64_t rows, std::int64_t stored,
                std::int64_t real) {
  T copy[max_rows * max_vectors * 16], bias[max_vectors * 16] = {};
  T* const c = t.c;
  const std::int64_t stride = t.c_stride;
  if (t.start == Start::accumulate) {
    for (std::int64_t i = 0; i < rows; ++i) {
      std::copy_n(c + i * stride, real, copy + i * stored);
      std::fill_n(copy + i * stored + real, stored - real, T{});
    }
  }
  if (t.start == Start::bias) std::copy_n(t.bias, real, bias);
  t.bias = bias, t.c = copy, t.c_stride = stored;
  function(t);
  for (std::int64_t i = 0; i < rows; ++i) std::copy_n(copy + i * stored, real, c + i * stride);
}

template <class T>
void run_tile(const TileTable<T>& table, bool packed, const TileArguments<T>& t, std::int64_t rows,
              std::int64_t stored, std::int64_t real, std::int64_t lanes) {
  const auto r = static_cast<std::size_t>(rows), v = static_cast<std::size_t>(stored / lanes);
  const auto function = packed ? table.packed[r][v] : table.row_major[r][v];
  if (stored == real) {
    function(t);
  } else {
    run_narrow(function, t, rows, stored, real);
  }
}

// Rows of B that are used in one go: what a panel of them takes stays in the second-level cache.
constexpr std::int64_t k_block = 512;

}  // namespace

template <class T> void multiply(SimdLevel level, const Product<T>& product, const Panels<T>& b) {
  const Shape shape = shape_of<T>(level);
  const auto& table = table_of<T>(level);
  const Split split(product.rows, shape.rows);
  const Start start = product.accumulate ? Start::accumulate : product.bias ? Start::bias : Start::zero;
  for (std::int64_t k = 0; k == 0 || k < b.k; k += k_block) {
    const auto arguments = [&](std::int64_t column, std::int64_t stored) {
      return TileArguments<T>{.a = product.a + k,
                              .a_stride = product.a_stride,
                              .b = b.data + column * b.k + k * stored,
                              .k = std::min(k_block, b.k - k),
                              .c = product.c + column,
                              .c_stride = product.c_stride,
                              .bias = product.bias ? product.bias + column : nullptr,
                              .start = k == 0 ? start : Start::accumulate};
    };
    std::int64_t p = 0;
    if (product.rows > 0 && product.rows <= wide_rows) {
      const std::int64_t together =
          wide_panels(static_cast<int>(shape.vectors), static_cast<int>(product.rows));
      const auto wide = wide_of<T>(level, product.rows);
      for (; (p + together) * shape.width() <= b.n; p += together) {
        wide(arguments(p * shape.width(), shape.width()), shape.width() * b.k);
      }
    }
    for (; p * shape.width() < b.n; ++p) {
      const std::int64_t column = p * shape.width(), stored = stored_width(shape, b.n, p);
      auto t = arguments(column, stored);
      for (std::int64_t i = 0; i < split.tiles; ++i) {
        const std::int64_t height = split.height(i);
        run_tile(table, false, t, height, stored, std::min(stored, b.n - column), shape.lanes);
        t.a += height * product.a_stride, t.c += height * product.c_stride;
      }
    }
  }
}

template <class T> std::int64_t transposed_size(std::int64_t k, std::int64_t columns) {
  return k * columns + slack;
}

namespace {

// Copies `Height` columns of A, row after row. Sixteen elements at a time: what is too much is overwritten by
// the next row.
template <class T>
void copy_columns(const T* a, std::int64_t a_stride, std::int64_t k, std::int64_t height, T* to) {
  static_assert(max_rows <= slack);
  for (std::int64_t row = 0; row + 1 < k; ++row)
    __builtin_memcpy(to + row * height, a + row * a_stride, slack * sizeof(T));
  if (k > 0) std::copy_n(a + (k - 1) * a_stride, height, to + (k - 1) * height);
}

}  // namespace

template <class T>
void pack_transposed(SimdLevel level, const T* a, std::int64_t a_stride, std::int64_t k, std::int64_t blocks,
                     std::int64_t width, T* packed) {
  const Split split(width, shape_of<T>(level).rows);
  for (std::int64_t block = 0; block < blocks; ++block) {
    std::int64_t column = block * width;
    for (std::int64_t i = 0; i < split.tiles; ++i) {
      copy_columns(a + column, a_stride, k, split.height(i), packed + column * k);
      column += split.height(i);
    }
  }
}

template <class T>
void multiply_transposed(SimdLevel level, const T* packed, std::int64_t first, std::int64_t count,
                         std::int64_t width, const Panels<T>& b, bool accumulate, T* c,
                         std::int64_t c_stride) {
  const Shape shape = shape_of<T>(level);
  const auto& table = table_of<T>(level);
  const Split split(width, shape.rows);
  for (std::int64_t p = 0; p * shape.width() < b.n; ++p) {
    const std::int64_t column = p * shape.width(), stored = stored_width(shape, b.n, p);
    TileArguments<T> t{.a = packed + first * width * b.k,
                       .a_stride = 0,
                       .b = b.data + column * b.k,
                       .k = b.k,
                       .c = c + column,
                       .c_stride = c_stride,
                       .bias = nullptr,
                       .start = accumulate ? Start::accumulate : Start::zero};
    for (std::int64_t block = 0; block < count; ++block) {
      for (std::int64_t i = 0; i < split.tiles; ++i) {
        const std::int64_t height = split.height(i);
        run_tile(table, true, t, height, stored, std::min(stored, b.n - column), shape.lanes);
        t.a += height * b.k, t.c += height * c_stride;
      }
    }
  }
}

#define CAROUSEL_INSTANTIATE(T)                                                                       \
  template void multiply<T>(SimdLevel, const Product<T>&, const Panels<T>&);                          \
  template std::int64_t transposed_size<T>(std::int64_t, std::int64_t);                               \
  template void pack_transposed<T>(SimdLevel, const T*, std::int64_t, std::int64_t, std::int64_t,     \
                                   std::int64_t, T*);                                                 \
  template void multiply_transposed<T>(SimdLevel, const T*, std::int64_t, std::int64_t, std::int64_t, \
                                       const Panels<T>&, bool, T*, std::int64_t);
CAROUSEL_INSTANTIATE(float)
CAROUSEL_INSTANTIATE(double)
#undef CAROUSEL_INSTANTIATE

}  // namespace carousel::fused
