// Updates whose loss or gradient norm stands out from those just before.
//
// This header needs no tensor.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace carousel {

struct SpikeOptions {
  std::size_t window = 50;     ///< values that a new one is compared with
  std::size_t least = 30;      ///< values before anything is said
  double threshold = 6.0;      ///< robust z-score from which a value is a spike
  std::size_t cool_down = 20;  ///< updates after a spike in which no other is told
};

/// How far a value lies above the ones before it.
struct Spike {
  double value = 0.0;   ///< as it was given
  double median = 0.0;  ///< of the window, as given
  double z = 0.0;       ///< robust z-score of the logarithm
};

/// Finds upward outliers of a positive series by a robust z-score of its logarithm,
///
///   z = (ln x - median) / (1.4826 MAD)      over the last `window` values
///
/// 1.4826 MAD estimates the standard deviation of a normal distribution and is not moved by the outliers
/// themselves (Iglewicz & Hoaglin 1993). The deviation is taken to be at least 0.05, so that a series that
/// hardly moves does not make a spike of every 1 %. A spike joins the window like every value.
class SpikeDetector {
 public:
  explicit SpikeDetector(SpikeOptions options = {}) : options_(options) {}

  /// The next value; a spike when it is one. Values that are not finite and positive are passed over: those
  /// that are not finite stop a training anyway.
  std::optional<Spike> add(double value);

 private:
  SpikeOptions options_;
  std::deque<double> window_;  // logarithms
  std::size_t quiet_ = 0;      // updates left of the cool-down
};

}  // namespace carousel
