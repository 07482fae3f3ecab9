// JSON of any bytes, as of state.json, meta.json or alphabet.json: it is discarded, or it is a value that can be
// copied, written and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "carousel/io/json_text.h"

#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carousel;
  const auto value = parse_json({reinterpret_cast<const char*>(data), size});
  if (value.is_discarded()) return 0;
  const nlohmann::json copy = value;  // NOLINT: the copy is the trial
  REQUIRE(parse_json(copy.dump(2)) == value);
  return 0;
}
