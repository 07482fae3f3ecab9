// How good forecasts are, in the unit of the data. Sums in double.
//
// Pairs whose truth is missing (NaN, or the class -1) count in nothing; a forecast that is NaN makes the scores
// NaN. What is a mean of nothing is NaN. Different lengths, and classes outside 0 ... K - 1, throw
// std::logic_error.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace carousel {

/// Of numbers. With n pairs of truth y and forecast f:
struct NumberScores {
  std::int64_t count = 0;
  double mae = 0.0;    ///< mean |y - f|
  double mse = 0.0;    ///< mean (y - f)^2
  double rmse = 0.0;   ///< its root
  double smape = 0.0;  ///< 100 mean 2 |y - f| / (|y| + |f|), 0 where both are 0; in percent
  double bias = 0.0;   ///< mean f - y
  double r2 = 0.0;     ///< 1 - sum (y - f)^2 / sum (y - mean y)^2; NaN where y does not vary
};
NumberScores number_scores(std::span<const double> truth, std::span<const double> forecast);

/// mean max(q (y - f), (q - 1) (y - f)): the pinball loss of forecasts of the quantile q (Koenker and Bassett 1978).
/// Throws Error for a quantile that is not between 0 and 1.
double pinball(std::span<const double> truth, std::span<const double> forecast, double quantile);

/// The share of truths at or below the forecasts: a quantile's own, where it is calibrated.
double coverage(std::span<const double> truth, std::span<const double> forecast);

/// The mean absolute error of answering with the value `season` rows before, over the training rows: the scale of
/// MASE (Hyndman and Koehler 2006), mase = mae / scale. NaN when no pair is there or it is 0. `starts` are rows
/// with which a new series begins, ascending. Throws Error for a season below 1.
double mase_scale(std::span<const double> training, std::int64_t season,
                  std::span<const std::int64_t> starts);

inline constexpr std::int64_t missing_class = -1;

/// Of classes 0 ... K - 1.
struct ClassScores {
  std::int64_t count = 0;
  double accuracy = 0.0;
  double balanced_accuracy = 0.0;  ///< mean recall of the classes that occur
  double macro_f1 =
      0.0;  ///< mean F1 of the classes that occur in truth or answer; 0 where one was never right
  std::vector<std::vector<std::int64_t>> confusion = {};  ///< [truth][answer]
};
ClassScores class_scores(std::span<const std::int64_t> truth, std::span<const std::int64_t> answer,
                         std::int64_t classes);

/// mean -ln p[truth], p [n, classes] row by row; infinite where a truth was given no probability.
double log_loss(std::span<const std::int64_t> truth, std::span<const double> probabilities,
                std::int64_t classes);

}  // namespace carousel
