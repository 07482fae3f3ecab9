#include "carousel/data/random.h"

#include <limits>

namespace carousel {

std::uint64_t splitmix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

Random::Random(const BatchId& id, std::uint64_t problem) {
  auto start = splitmix64(id.seed);
  start = splitmix64(start ^ problem);
  start = splitmix64(start ^ static_cast<std::uint64_t>(id.part));
  start = splitmix64(start ^ id.index);
  engine_.seed(start);
}

int Random::below(int n) {
  const auto range = static_cast<std::uint64_t>(n);
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  // A multiple of the range: what lies above would favour small numbers.
  const auto end = most - most % range;
  auto drawn = bits();
  while (drawn >= end) drawn = bits();
  return static_cast<int>(drawn % range);
}

float Random::unit() {
  return static_cast<float>(bits() >> 40) * 0x1p-24f;
}

}  // namespace carousel
