// The products against three plain loops, for shapes around the sizes of tiles, panels and vectors.
#include "recurrent/fused/matrix.h"

#include <cmath>
#include <random>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace carousel::fused {
namespace {

struct Operands {
  std::int64_t m, k, n;
  std::vector<double> a, b, c, exact;  // A [M,K], B [K,N], C and C + A B [M,N]

  Operands(std::int64_t rows, std::int64_t inner, std::int64_t columns) : m(rows), k(inner), n(columns) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (auto [array, size] : {std::pair{&a, m * k}, {&b, k * n}, {&c, m * n}}) {
      for (std::int64_t i = 0; i < size + slack; ++i) array->push_back(uniform(random));
    }
    exact = c;
    for (std::int64_t i = 0; i < m; ++i) {
      for (std::int64_t j = 0; j < n; ++j) {
        for (std::int64_t l = 0; l < k; ++l) at(exact, i * n + j) += at(a, i * k + l) * at(b, l * n + j);
      }
    }
  }
  static double& at(std::vector<double>& v, std::int64_t i) { return v[static_cast<std::size_t>(i)]; }

  std::vector<const double*> rows_of_b() const {
    std::vector<const double*> rows;
    for (std::int64_t l = 0; l < k; ++l) rows.push_back(b.data() + l * n);
    return rows;
  }
  static std::vector<double> transposed(const std::vector<double>& x, std::int64_t rows,
                                        std::int64_t columns) {
    std::vector<double> t(x.size());
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        t[static_cast<std::size_t>(j * rows + i)] = x[static_cast<std::size_t>(i * columns + j)];
      }
    }
    return t;
  }
  void expect(const std::vector<double>& got, const char* what) const {
    double worst = 0.0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(m * n); ++i)
      worst = std::max(worst, std::abs(got[i] - exact[i]));
    EXPECT_LE(worst, 1e-12) << what << " M " << m << " K " << k << " N " << n;
    for (std::size_t i = static_cast<std::size_t>(m * n); i < c.size(); ++i) {
      EXPECT_EQ(got[i], c[i]) << what << " wrote beyond C: M " << m << " K " << k << " N " << n;
    }
  }
};

void check_products(SimdLevel level, const Operands& o) {
  std::vector<double> memory(static_cast<std::size_t>(panels_size<double>(level, o.k, o.n)), 7.0);
  const Panels<double> panels{memory.data(), o.k, o.n};
  const std::int64_t count = panel_count<double>(level, o.n);
  const Product<double> product{
      .a = o.a.data(), .a_stride = o.k, .rows = o.m, .c_stride = o.n, .accumulate = true};

  pack_rows<double>(level, panels, o.rows_of_b().data(), 0, count);
  auto c = o.c;
  auto with_c = product;
  with_c.c = c.data();
  multiply(level, with_c, panels);
  o.expect(c, "multiply");

  const auto a_transposed = Operands::transposed(o.a, o.m, o.k);
  std::vector<double> packed(static_cast<std::size_t>(transposed_size<double>(o.k, o.m)));
  pack_transposed(level, a_transposed.data(), o.m, o.k, 1, o.m, packed.data());
  c = o.c;
  multiply_transposed(level, packed.data(), 0, 1, o.m, panels, true, c.data(), o.n);
  o.expect(c, "transposed product");

  const auto b_transposed = Operands::transposed(o.b, o.k, o.n);
  std::vector<const double*> columns;
  for (std::int64_t j = 0; j < o.n; ++j) columns.push_back(b_transposed.data() + j * o.k);
  std::fill(memory.begin(), memory.end(), 7.0);
  pack_columns<double>(level, panels, columns.data(), 0, count);
  c = o.c;
  with_c.c = c.data();
  multiply(level, with_c, panels);
  o.expect(c, "multiply, packed from columns");

  c = o.c;
  for (std::int64_t i = 0; i < o.m; ++i) {
    add_dots(level, o.a.data() + i * o.k, b_transposed.data(), o.n, o.k, c.data() + i * o.n);
  }
  o.expect(c, "dot products");
}

TEST(Products, EqualThreePlainLoopsAtEveryLevel) {
  for (const SimdLevel level : simd_levels) {
    if (level > widest_simd_level()) continue;
    for (const std::int64_t m : {1, 2, 5, 6, 7, 13}) {
      for (const std::int64_t k : {0, 1, 3, 40, 600}) {
        for (const std::int64_t n : {1, 7, 8, 33, 70}) check_products(level, Operands(m, k, n));
      }
    }
  }
}

TEST(Products, StartFromABiasOrFromZero) {
  for (const SimdLevel level : simd_levels) {
    if (level > widest_simd_level()) continue;
    Operands o(7, 600, 21);  // more than one block of k
    std::vector<double> memory(static_cast<std::size_t>(panels_size<double>(level, o.k, o.n)));
    const Panels<double> panels{memory.data(), o.k, o.n};
    pack_rows<double>(level, panels, o.rows_of_b().data(), 0, panel_count<double>(level, o.n));
    const std::vector<double> bias(static_cast<std::size_t>(o.n), 0.5);
    for (const double* start : {bias.data(), static_cast<const double*>(nullptr)}) {
      auto got = o.c;
      multiply(
          level,
          {.a = o.a.data(), .a_stride = o.k, .rows = o.m, .c = got.data(), .c_stride = o.n, .bias = start},
          panels);
      for (std::size_t i = 0; i < static_cast<std::size_t>(o.m * o.n); ++i) {
        EXPECT_NEAR(got[i], o.exact[i] - o.c[i] + (start ? 0.5 : 0.0), 1e-12);
      }
    }
  }
}

TEST(Products, WeightedSumsAddToWhatIsThere) {
  for (const SimdLevel level : simd_levels) {
    if (level > widest_simd_level()) continue;
    for (const std::int64_t k : {1, 8, 13}) {
      const Operands o(1, k, 37);  // C [1, N] + A [1, K] B [K, N]
      auto sums = o.c;
      add_weighted_sums(level, o.b.data(), o.n, o.a.data(), k, o.n, sums.data());
      o.expect(sums, "weighted sums");
    }
  }
}

TEST(Products, ColumnSumsAddToWhatIsThere) {
  for (const SimdLevel level : simd_levels) {
    if (level > widest_simd_level()) continue;
    std::vector<float> a(19 * 37, 0.5f), sums(37, 1.0f);
    add_column_sums(level, a.data(), 37, 19, 37, sums.data());
    for (const float sum : sums) EXPECT_EQ(sum, 10.5f);
  }
}

}  // namespace
}  // namespace carousel::fused
