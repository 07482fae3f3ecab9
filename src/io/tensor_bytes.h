// How many bytes a tensor takes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "carousel/io/tensor_view.h"

namespace carousel {

/// Bytes of a row-major tensor. Throws Error with the bare reason when a size is negative, the product
/// overflows or is no whole number of bytes. An empty dimension counts as 1 for the overflow check, because
/// whoever computes strides multiplies the others all the same.
std::uint64_t bytes_needed(std::string_view name, DType dtype, const std::vector<std::int64_t>& shape);

}  // namespace carousel
