// How far a table is read, for who watches.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace carousel {

struct ReadProgress {
  std::string source = {};          ///< the file's name
  std::uint64_t done = 0, all = 0;  ///< bytes of all files that are read; `all` is 0 where it is not known
  std::int64_t rows = 0;            ///< that are in memory by now

  bool operator==(const ReadProgress&) const = default;
};

using OnReadProgress = std::function<void(const ReadProgress&)>;

}  // namespace carousel
