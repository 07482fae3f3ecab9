// Noise inside the recurrence, for any cell: which parts are dropped while training, with what probability.
//
//   hidden    variational dropout: the h that W_hh reads, one mask a sequence      Gal & Ghahramani 2016
//   input     the same of what a layer reads                                       Gal & Ghahramani 2016
//   update    what the write gate lets in, drawn at every step                     Semeniuta, Severyn & Barth 2016
//   weight    entries of W_hh, one mask a call                                     Merity, Keskar & Socher 2017
//   zoneout   a unit of a state keeps its value from the step before               Krueger et al. 2017
//
// What is kept of the first four is divided by 1 - p, so that evaluation, which drops nothing, sees the expectation.
// Zoneout evaluates to p s + (1 - p) s', its expectation. A mask is a function of seed, layer, step, sequence and
// unit, not of the order in which it is drawn: it is the same with any number of threads and on both engines, and the
// backward pass draws it again instead of keeping it. The seed of a call comes from torch's CPU generator.
//
// This header needs no tensor.
#pragma once

#include <cstdint>
#include <vector>

#include "carousel/cells/cell.h"
#include "carousel/recurrent/observer.h"

namespace carousel {

/// Probabilities, each at least 0 and below 1.
struct Noise {
  double hidden = 0.0;
  double input = 0.0;
  double update = 0.0;
  double weight = 0.0;
  std::vector<double> zoneout = {};  ///< of each state in the cell's order; empty for none

  /// Whether training draws anything.
  bool draws() const;
  bool zones() const;
  /// The probability of state s, 0 where none was given.
  double zoneout_of(std::size_t s) const { return s < zoneout.size() ? zoneout[s] : 0.0; }

  /// Throws Error for a probability out of range, more of them than the cell has states, an update of a cell without a
  /// write gate, and what a cell without a recurrent product, or one that is a module, has no place for.
  void check(const CellFacts& cell, const Recurrence& recurrence, bool elementwise) const;
};

/// What a mask is of; that of state s is zoneout + s.
enum class Drawn : std::uint32_t { hidden, input, update, weight, zoneout };

/// The noise of one layer and direction in one call.
class LayerNoise {
 public:
  LayerNoise() = default;
  /// With `drawn`, masks of `seed`; else expectations. Steps are numbered from `first_step` on.
  LayerNoise(Noise noise, bool drawn, std::uint64_t seed, LayerId id, std::int64_t first_step);

  bool masks_hidden() const { return drawn_ && noise_.hidden > 0.0; }
  bool masks_input() const { return drawn_ && noise_.input > 0.0; }
  bool drops_update() const { return drawn_ && noise_.update > 0.0; }
  bool drops_weights() const { return drawn_ && noise_.weight > 0.0; }
  /// The same but for the input, which was dropped already.
  LayerNoise without_input() const;

  bool zones() const { return noise_.zones(); }
  bool zones(std::size_t state) const { return noise_.zoneout_of(state) > 0.0; }

  /// Factors of `units` units of a sequence at a step: 0, or 1 / (1 - p).
  template <class T>
  void factors(Drawn what, std::int64_t step, std::int64_t sequence, std::int64_t units, T* to) const;

  /// The share of a state's new value, for each of its units: 0 or 1, or 1 - p in expectation.
  template <class T>
  void new_shares(std::size_t state, std::int64_t step, std::int64_t sequence, std::int64_t units,
                  T* to) const;

 private:
  std::uint64_t key(Drawn what, std::uint32_t state, std::int64_t step, std::int64_t sequence) const;
  double probability(Drawn what) const;

  Noise noise_;
  bool drawn_ = false;
  std::uint64_t seed_ = 0;
  std::uint64_t layer_ = 0;
  std::int64_t first_step_ = 0;
};

}  // namespace carousel
