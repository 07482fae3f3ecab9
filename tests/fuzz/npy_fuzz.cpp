// The .npy reader on any bytes: it refuses them with an Error, or all values that its shape promises are there.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "carousel/error.h"

#include "data/tables/numpy_array.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carousel;
  NumpyArray array;
  try {
    array = parse_npy({reinterpret_cast<const char*>(data), size});
  } catch (const Error&) {
    return 0;
  }
  REQUIRE(!array.shape.empty() && array.shape.size() <= 3 && array.strides.size() == array.shape.size());
  std::size_t count = 1, last = 0;
  for (std::size_t i = 0; i < array.shape.size(); ++i) {
    count *= array.shape[i];
    last += (array.shape[i] - 1) * array.strides[i];
  }
  REQUIRE(count > 0 && last == count - 1);
  REQUIRE(array.data.size() == count * static_cast<std::size_t>(array.type[1] - '0'));
  for (std::size_t at = 0; at < count; ++at) static_cast<void>(array.value(at));
  return 0;
}
