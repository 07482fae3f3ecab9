// NumPy's .npy format: a magic, a header that spells a Python dictionary, raw values.
// Source: "numpy.lib.format", the documentation of NumPy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carousel {

/// An array whose values lie in the text it was parsed from, which must outlive it.
struct NumpyArray {
  std::string type;                  ///< "f8", "i4", "b1": kind and bytes a value
  std::vector<std::size_t> shape;    ///< of one to three dimensions, none of them 0
  std::vector<std::size_t> strides;  ///< in values, one a dimension
  std::string_view data;

  /// The value at a place, counted in values.
  double value(std::size_t at) const;
};

/// Throws Error, with the bare reason, for what is no .npy file, is cut off, big-endian, of no numbers (Python objects, texts, records,
/// complex numbers, dates), without values or with more than three dimensions.
NumpyArray parse_npy(std::string_view bytes);

}  // namespace carousel
