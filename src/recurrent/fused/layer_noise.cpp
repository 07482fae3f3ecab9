#include <algorithm>

#include "carousel/recurrent/noise.h"

#include "noise_rows.h"

namespace carousel {

namespace {

/// A step of splitmix64 (Steele, Lea & Flood 2014): every bit of `x` changes about half of the result's.
std::uint64_t stirred(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

bool Noise::draws() const {
  return hidden > 0.0 || input > 0.0 || update > 0.0 || weight > 0.0 || zones();
}

bool Noise::zones() const {
  return std::ranges::any_of(zoneout, [](double p) { return p > 0.0; });
}

LayerNoise::LayerNoise(Noise noise, bool drawn, std::uint64_t seed, LayerId id, std::int64_t first_step)
    : noise_(std::move(noise)),
      drawn_(drawn),
      seed_(seed),
      layer_(static_cast<std::uint64_t>(2 * id.layer + (id.reverse ? 1 : 0))),
      first_step_(first_step) {}

LayerNoise LayerNoise::without_input() const {
  LayerNoise rest = *this;
  rest.noise_.input = 0.0;
  return rest;
}

std::uint64_t LayerNoise::key(Drawn what, std::uint32_t state, std::int64_t step,
                              std::int64_t sequence) const {
  const bool every_step = what == Drawn::update || what == Drawn::zoneout;
  // What a layer reads is dropped alike for both directions.
  const std::uint64_t place = what == Drawn::input ? layer_ & ~std::uint64_t{1} : layer_;
  std::uint64_t key = stirred(seed_ ^ stirred((place << 8U) + static_cast<std::uint64_t>(what) + state));
  if (every_step) key = stirred(key ^ static_cast<std::uint64_t>(first_step_ + step));
  return stirred(key ^ static_cast<std::uint64_t>(sequence));
}

double LayerNoise::probability(Drawn what) const {
  switch (what) {
    case Drawn::hidden:
      return noise_.hidden;
    case Drawn::input:
      return noise_.input;
    case Drawn::update:
      return noise_.update;
    default:
      return noise_.weight;
  }
}

template <class T>
void LayerNoise::factors(Drawn what, std::int64_t step, std::int64_t sequence, std::int64_t units,
                         T* to) const {
  const double p = probability(what);
  fused::draw_row(fused::simd_level(), key(what, 0, step, sequence), p, static_cast<T>(1.0 / (1.0 - p)),
                  units, to);
}

template <class T>
void LayerNoise::new_shares(std::size_t state, std::int64_t step, std::int64_t sequence, std::int64_t units,
                            T* to) const {
  const double p = noise_.zoneout_of(state);
  if (!drawn_) {
    std::fill_n(to, units, static_cast<T>(1.0 - p));
    return;
  }
  const auto number = static_cast<std::uint32_t>(state);
  fused::draw_row(fused::simd_level(), key(Drawn::zoneout, number, step, sequence), p, T{1}, units, to);
}

template void LayerNoise::factors<float>(Drawn, std::int64_t, std::int64_t, std::int64_t, float*) const;
template void LayerNoise::factors<double>(Drawn, std::int64_t, std::int64_t, std::int64_t, double*) const;
template void LayerNoise::new_shares<float>(std::size_t, std::int64_t, std::int64_t, std::int64_t,
                                            float*) const;
template void LayerNoise::new_shares<double>(std::size_t, std::int64_t, std::int64_t, std::int64_t,
                                             double*) const;

}  // namespace carousel
