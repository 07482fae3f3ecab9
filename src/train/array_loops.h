// Loops over the entries of parameters, which need no torch: compiled as the kernels are, since at a lower level they are
// many times slower.
#pragma once

#include <cstdint>

namespace carousel {

/// Whether no entry is infinite or NaN.
bool all_finite(const float* entries, std::int64_t n);
bool all_finite(const double* entries, std::int64_t n);

struct ArraySize {
  double squares = 0.0;  ///< the sum, in double: the square of a float of 1e-30 is not 0
  double largest = 0.0;  ///< absolute entry; infinity when not looked for; blind to NaN, which `squares` sees
};
ArraySize size_of(const float* entries, std::int64_t n);
ArraySize size_of(const double* entries, std::int64_t n);

/// Sums over the entries.
struct Squares {
  double update = 0.0;  ///< of (now - before)^2
  double weight = 0.0;  ///< of before^2
};

/// Sums of floats in blocks: good to about 6 digits.
Squares squares_of(const float* now, const float* before, std::int64_t n);
Squares squares_of(const double* now, const double* before, std::int64_t n);

}  // namespace carousel
