#include <cstring>

#include "carousel/io/torch_file.h"

namespace carousel {
namespace {

/// Row after row along the last dimension, which is where most of the elements lie side by side.
class RowMajorCopy {
 public:
  RowMajorCopy(const StridedView& view, std::span<std::byte> to)
      : view_(view), to_(to.data()), width_(static_cast<std::size_t>(dtype_bits(view.dtype)) / 8) {}

  void run() {
    const std::size_t dimensions = view_.shape.size();
    if (dimensions == 0) return copy(static_cast<std::uint64_t>(view_.offset), 1, 1);
    std::vector<std::int64_t> index(dimensions, 0);               // the last stays 0
    std::uint64_t at = static_cast<std::uint64_t>(view_.offset);  // wraps where a size of 1 has any stride
    while (true) {
      copy(at, view_.shape.back(), view_.strides.back());
      std::size_t d = dimensions - 1;
      for (; d-- > 0;) {
        at += static_cast<std::uint64_t>(view_.strides[d]);
        if (++index[d] < view_.shape[d]) break;
        at -= static_cast<std::uint64_t>(view_.strides[d]) * static_cast<std::uint64_t>(view_.shape[d]);
        index[d] = 0;
      }
      if (d == std::size_t(-1)) return;
    }
  }

 private:
  void copy(std::uint64_t at, std::int64_t count, std::int64_t stride) {
    const std::byte* from = view_.storage.data() + at * width_;
    if (stride == 1) return take(from, static_cast<std::size_t>(count) * width_);
    for (std::int64_t i = 0; i < count; ++i)
      take(from + static_cast<std::size_t>(i * stride) * width_, width_);
  }

  void take(const std::byte* from, std::size_t bytes) {
    std::memcpy(to_, from, bytes);
    to_ += bytes;
  }

  const StridedView& view_;
  std::byte* to_;
  std::size_t width_;
};

}  // namespace

std::uint64_t StridedView::bytes() const {
  std::uint64_t elements = 1;
  for (const auto size : shape) elements *= static_cast<std::uint64_t>(size);
  return elements * static_cast<std::uint64_t>(dtype_bits(dtype)) / 8;
}

void StridedView::copy_to(std::span<std::byte> to) const {
  if (bytes() != 0) RowMajorCopy(*this, to).run();
}

}  // namespace carousel
