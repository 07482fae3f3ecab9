// A configuration of any bytes: it is refused with an Error, or its values are those that come back from the
// file that is written of them.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "carousel/error.h"

#include "fuzz/require.h"
#include "options/option_group.h"
#include "options/option_values.h"
#include "options/toml.h"

namespace {

using namespace carousel;
using namespace carousel::cli;

/// One option of each kind.
std::vector<Option> options() {
  OptionGroup g("Fuzz");
  g.integer("n", 64, at_least(1), "");
  g.number("x", 0.1, above(0), "");
  g.number_or_none("none", {}, {}, "").exclusive = "one";
  g.flag("f", false, "").exclusive = "one";
  g.text("t", "", "TEXT", "");
  g.choice("c", "a", {"a", "b"}, "");
  g.updates("d", 5, at_least(0), "").alias = "e";
  return std::move(g).options();
}

OptionValues read(std::string_view text) {
  static const std::vector<Option> table = options();
  OptionValues values(table);
  values.apply(Layer::file, parse_toml(text, "data"));
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    parse_toml_lists(bytes, "data");
  } catch (const Error&) {
  }
  std::string written;
  try {
    written = to_toml(read(bytes));
  } catch (const Error&) {
    return 0;
  }
  REQUIRE(to_toml(read(written)) == written);
  parse_toml_lists(written, "data");  // what is flat is read in both ways
  return 0;
}
