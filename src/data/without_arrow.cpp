// Stands in for src/data/arrow where the build has no Apache Arrow.
#include <fmt/format.h>

#include "carousel/data/file.h"
#include "carousel/error.h"

#include "data/tables/by_arrow.h"

namespace carousel {
namespace {

[[noreturn]] void throw_without_arrow(const std::filesystem::path& path) {
  throw Error(
      fmt::format("{} is read with Apache Arrow, which this program was built without: start ./carousel, "
                  "which fetches it, or "
                  "build with CAROUSEL_ARROW set to the folder of the Python package pyarrow",
                  source_name(path)));
}

}  // namespace

bool has_arrow() {
  return false;
}

Table read_delimited(const std::filesystem::path& path, const TableFormat&) {
  throw_without_arrow(path);
}

Table read_parquet(const std::filesystem::path& path, const TableFormat&) {
  throw_without_arrow(path);
}

Table read_feather(const std::filesystem::path& path, const TableFormat&) {
  throw_without_arrow(path);
}

}  // namespace carousel
