// The .ts reader on any text: it refuses it with an Error, or what it accepts is as its header promises.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "carousel/data/time_series.h"
#include "carousel/error.h"

#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carousel;
  LabelledSeries set;
  try {
    set = parse_time_series({reinterpret_cast<const char*>(data), size}, "data");
  } catch (const Error&) {
    return 0;
  }
  REQUIRE(set.channels > 0 && !set.cases.empty());
  for (const Series& series : set.cases) {
    REQUIRE(series.length > 0 && static_cast<std::size_t>(series.label) < set.labels.size());
    REQUIRE(series.values.size() ==
            static_cast<std::size_t>(series.length) * static_cast<std::size_t>(set.channels));
    for (const double value : series.values) REQUIRE(std::isfinite(static_cast<float>(value)));
  }
  return 0;
}
