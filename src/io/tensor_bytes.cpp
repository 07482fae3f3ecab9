#include "io/tensor_bytes.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "carousel/error.h"

#include "io/in_quotes.h"

namespace carousel {

std::uint64_t bytes_needed(std::string_view name, DType dtype, const std::vector<std::int64_t>& shape) {
  std::int64_t bits = dtype_bits(dtype);
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) throw Error(fmt::format("tensor {} has {} in its shape", in_quotes(name), size));
    empty = empty || size == 0;
    if (__builtin_mul_overflow(bits, std::max<std::int64_t>(size, 1), &bits)) {
      throw Error(fmt::format("tensor {} has the shape [{}], which overflows", in_quotes(name),
                              fmt::join(shape, ", ")));
    }
  }
  if (empty) return 0;
  if (bits % 8 == 0) return static_cast<std::uint64_t>(bits / 8);
  throw Error(fmt::format("tensor {} of type {} and shape [{}] is not a whole number of bytes",
                          in_quotes(name), dtype_name(dtype), fmt::join(shape, ", ")));
}

}  // namespace carousel
