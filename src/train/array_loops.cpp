#include "train/array_loops.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace carousel {

namespace {

/// An entry times 0 is 0, but for infinity and NaN, which stay in the sum. Lanes side by side, as one sum must
/// not be reordered and so would not be vectorised.
template <class Real> bool each_finite(const Real* entries, std::int64_t n) {
  constexpr std::int64_t lanes = 16;
  std::array<Real, lanes> zeros{};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane)
      zeros[lane] += entries[i + static_cast<std::int64_t>(lane)] * Real(0);
  }
  for (; i < n; ++i) zeros[0] += entries[i] * Real(0);
  return std::ranges::all_of(zeros, [](Real sum) { return sum == Real(0); });
}

/// One pass. A block is summed in the weights' own type, which is several times faster than in double and
/// exact enough for so few entries; lanes side by side, as one sum must not be reordered.
template <class Real> Squares sums_of(const Real* now, const Real* before, std::int64_t n) {
  constexpr std::int64_t lanes = 16, block = 64 * lanes;
  Squares squares;
  for (std::int64_t first = 0; first < n; first += block) {
    std::array<Real, lanes> update{}, weight{};
    const std::int64_t end = std::min(first + block, n), whole = first + (end - first) / lanes * lanes;
    const auto add = [&](std::int64_t i, std::size_t lane) {
      const Real change = now[i] - before[i];
      update[lane] += change * change;
      weight[lane] += before[i] * before[i];
    };
    for (std::int64_t i = first; i < whole; i += lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) add(i + static_cast<std::int64_t>(lane), lane);
    }
    for (std::int64_t i = whole; i < end; ++i) add(i, 0);
    for (const Real sum : update) squares.update += static_cast<double>(sum);
    for (const Real sum : weight) squares.weight += static_cast<double>(sum);
  }
  return squares;
}

/// One pass; eight sums side by side, as one sum must not be reordered and so would not be vectorised.
template <class Real> ArraySize measured(const Real* entries, std::int64_t n) {
  constexpr std::int64_t lanes = 8;
  std::array<double, lanes> squares{};
  std::array<Real, lanes> largest{};
  const auto add = [&](std::int64_t i, std::size_t lane) {
    const double entry = entries[i];
    squares[lane] += entry * entry;
    largest[lane] = std::max(largest[lane], std::abs(entries[i]));
  };
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) add(i + lane, static_cast<std::size_t>(lane));
  }
  for (; i < n; ++i) add(i, 0);
  ArraySize size;
  for (const double sum : squares) size.squares += sum;
  for (const Real entry : largest) size.largest = std::max<double>(size.largest, entry);
  return size;
}

}  // namespace

bool all_finite(const float* entries, std::int64_t n) {
  return each_finite(entries, n);
}
bool all_finite(const double* entries, std::int64_t n) {
  return each_finite(entries, n);
}

ArraySize size_of(const float* entries, std::int64_t n) {
  return measured(entries, n);
}
ArraySize size_of(const double* entries, std::int64_t n) {
  return measured(entries, n);
}

Squares squares_of(const float* now, const float* before, std::int64_t n) {
  return sums_of(now, before, n);
}
Squares squares_of(const double* now, const double* before, std::int64_t n) {
  return sums_of(now, before, n);
}

}  // namespace carousel
