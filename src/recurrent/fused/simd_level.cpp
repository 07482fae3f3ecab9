#include "carousel/recurrent/fused/simd_level.h"

#include <atomic>
#include <cstdlib>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel::fused {

namespace {

constexpr int unset = -1;
std::atomic<int> forced{unset};

SimdLevel level_from_environment() {
  const char* given = std::getenv("CAROUSEL_SIMD");
  if (!given || !*given) return widest_simd_level();
  for (const SimdLevel level : simd_levels) {
    const auto name = simd_level_names[static_cast<std::size_t>(level)];
    if (name != given) continue;
    if (level <= widest_simd_level()) return level;
    throw Error(
        fmt::format("CAROUSEL_SIMD is {}, which this processor does not have: the widest it has is {}", name,
                    simd_level_names[static_cast<std::size_t>(widest_simd_level())]));
  }
  throw Error(fmt::format("CAROUSEL_SIMD is \"{}\": it must be portable, avx2 or avx512", given));
}

}  // namespace

SimdLevel widest_simd_level() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  return avx512 ? SimdLevel::avx512 : avx2 ? SimdLevel::avx2 : SimdLevel::portable;
#else
  return SimdLevel::portable;
#endif
}

SimdLevel simd_level() {
  const int level = forced.load();
  if (level != unset) return static_cast<SimdLevel>(level);
  static const SimdLevel from_environment = level_from_environment();
  return from_environment;
}

void force_simd_level(std::optional<SimdLevel> level) {
  forced = level ? static_cast<int>(*level) : unset;
}

}  // namespace carousel::fused
