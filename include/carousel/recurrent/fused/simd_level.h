// Which instruction set the fused engine's kernels use, chosen when the program runs.
//
// Every kernel is compiled three times into the same object: a binary built anywhere starts on any x86-64
// and uses the widest vectors it finds. On other processors there is the portable width only.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace carousel::fused {

enum class SimdLevel { portable, avx2, avx512 };

inline constexpr std::array simd_levels{SimdLevel::portable, SimdLevel::avx2, SimdLevel::avx512};
inline constexpr std::array<std::string_view, 3> simd_level_names{"portable", "avx2", "avx512"};

/// Bytes of a vector: those every 64-bit processor has, 256 bits, 512 bits.
constexpr int vector_bytes(SimdLevel level) {
  constexpr std::array bytes{16, 32, 64};
  return bytes[static_cast<std::size_t>(level)];
}

/// The widest that this processor has.
SimdLevel widest_simd_level();

/// The level in use: the widest, or the one that the environment variable CAROUSEL_SIMD names (portable,
/// avx2, avx512). Throws Error for another name, or a level that this processor does not have.
SimdLevel simd_level();

/// For tests: uses `level` from now on; nothing returns to the above.
void force_simd_level(std::optional<SimdLevel> level);

}  // namespace carousel::fused

// A source of a user's own may be compiled without optimisation: its kernels would be 36 times slower and
// take gigabytes to compile. g++ can be told to optimise them all the same, which wins back most of it; clang cannot.
#if defined(__GNUC__) && !defined(__clang__) && !defined(__OPTIMIZE__)
#define CAROUSEL_OPTIMISED __attribute__((optimize("O3", "fp-contract=off")))
#else
#define CAROUSEL_OPTIMISED
#endif

// What a function compiled for a level is marked with. The bodies are always inlined into such functions.
#define CAROUSEL_TARGET_PORTABLE CAROUSEL_OPTIMISED
#if defined(__x86_64__)
#define CAROUSEL_TARGET_AVX2 __attribute__((target("avx2,fma"))) CAROUSEL_OPTIMISED
#define CAROUSEL_TARGET_AVX512 \
  __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))) CAROUSEL_OPTIMISED
#else
#define CAROUSEL_TARGET_AVX2 CAROUSEL_OPTIMISED
#define CAROUSEL_TARGET_AVX512 CAROUSEL_OPTIMISED
#endif
