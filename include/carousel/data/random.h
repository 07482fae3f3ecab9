// Random numbers that are a pure function of where they are used, the same with every compiler and standard library.
#pragma once

#include <cstdint>
#include <random>

namespace carousel {

/// The three parts of a data set; the same seed draws different examples for each.
enum class Part : std::uint8_t { train, valid, test };

/// Which examples are meant: batch number `index` of a part under a seed. Equal ids mean equal examples, in
/// any order of asking and after any resume.
struct BatchId {
  std::uint64_t seed = 0;
  Part part = Part::train;
  std::uint64_t index = 0;
};

/// One round of SplitMix64 (Steele, Lea and Flood 2014): a bijection on 64 bits that scatters neighbours.
std::uint64_t splitmix64(std::uint64_t x);

/// A generator whose start is (seed, problem, part, index) folded by SplitMix64:
///   s = mix(seed), s = mix(s xor problem), s = mix(s xor part), s = mix(s xor index), engine = mt19937_64(s).
/// The standard fixes the engine's output but not that of its distributions, so they are defined here.
class Random {
 public:
  /// `problem` is any constant that keeps two problems with the same id apart.
  Random(const BatchId& id, std::uint64_t problem);

  std::uint64_t bits() { return engine_(); }

  /// Uniform on 0 .. n - 1, without bias; n is at least 1.
  int below(int n);

  /// Uniform on [first, end).
  int between(int first, int end) { return first + below(end - first); }

  /// Uniform on the multiples of 2^-24 in [0, 1), each exact in a float.
  float unit();

 private:
  std::mt19937_64 engine_;
};

}  // namespace carousel
