// What must be true of the tensors of an accepted file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "carousel/io/torch_file.h"

#include "fuzz/require.h"

namespace carousel::fuzz {

/// A tensor's elements where its strides say they are, one at a time and with checks: what copy_to must equal.
inline std::string element_by_element(const StridedView& view) {
  const auto width = static_cast<std::size_t>(dtype_bits(view.dtype)) / 8;
  std::string elements;
  std::vector<std::int64_t> index(view.shape.size(), 0);
  for (std::uint64_t left = view.bytes() / width; left > 0; --left) {
    __int128 at = view.offset;
    for (std::size_t d = 0; d < index.size(); ++d) at += static_cast<__int128>(index[d]) * view.strides[d];
    REQUIRE(at >= 0 && (at + 1) * static_cast<__int128>(width) <= static_cast<__int128>(view.storage.size()));
    const auto element = view.storage.subspan(static_cast<std::size_t>(at) * width, width);
    elements.append(reinterpret_cast<const char*>(element.data()), width);
    for (std::size_t d = index.size(); d-- > 0;) {
      if (++index[d] < view.shape[d]) break;
      index[d] = 0;
    }
  }
  return elements;
}

inline std::string copied(const StridedView& view) {
  std::string elements(view.bytes(), '\0');
  view.copy_to(std::as_writable_bytes(std::span(elements)));
  return elements;
}

/// The tensors row-major, as the writers take them; `data` keeps their bytes.
inline std::vector<TensorView> row_major(const std::vector<StridedView>& views,
                                         std::vector<std::string>& data) {
  std::vector<TensorView> tensors;
  for (const auto& view : views) data.push_back(copied(view));
  for (std::size_t i = 0; i < views.size(); ++i) {
    tensors.push_back({views[i].name, views[i].dtype, views[i].shape, std::as_bytes(std::span(data[i]))});
  }
  return tensors;
}

inline void require_same(const std::vector<TensorView>& tensors, const std::vector<StridedView>& views) {
  REQUIRE(tensors.size() == views.size());
  for (std::size_t i = 0; i < views.size(); ++i) {
    REQUIRE(tensors[i].name == views[i].name && tensors[i].dtype == views[i].dtype &&
            tensors[i].shape == views[i].shape);
    const std::string elements = copied(views[i]);
    REQUIRE(std::ranges::equal(tensors[i].data, std::as_bytes(std::span(elements))));
  }
}

inline void require_sound(const std::vector<StridedView>& views) {
  for (const auto& view : views) REQUIRE(element_by_element(view) == copied(view));
}

}  // namespace carousel::fuzz
