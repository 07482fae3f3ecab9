#include "carousel/data/forecast_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {
namespace {

constexpr double not_there = std::numeric_limits<double>::quiet_NaN();

double ratio(double sum, double count) {
  return count == 0 ? not_there : sum / count;
}

void check_lengths(std::size_t truths, std::size_t answers) {
  if (truths != answers)
    throw std::logic_error(fmt::format("{} truths, but {} answers to them", truths, answers));
}

/// Calls visit(y, f) for the pairs whose truth is there; returns how many.
template <class Visit>
std::int64_t for_pairs(std::span<const double> truth, std::span<const double> forecast, Visit&& visit) {
  check_lengths(truth.size(), forecast.size());
  std::int64_t count = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (std::isnan(truth[i])) continue;
    visit(truth[i], forecast[i]);
    ++count;
  }
  return count;
}

/// The mean of score(y, f).
template <class Score>
double mean_score(std::span<const double> truth, std::span<const double> forecast, Score&& score) {
  double sum = 0;
  const auto count = for_pairs(truth, forecast, [&](double y, double f) { sum += score(y, f); });
  return ratio(sum, static_cast<double>(count));
}

double squared(double x) {
  return x * x;
}

double r2_of(std::span<const double> truth, std::span<const double> forecast) {
  double least = std::numeric_limits<double>::infinity(), most = -least;
  const double mean = mean_score(truth, forecast, [&](double y, double) {
    least = std::min(least, y);
    most = std::max(most, y);
    return y;
  });
  if (!(least < most)) return not_there;  // by the values, as the mean of equal ones may be off by rounding
  const double errors = mean_score(truth, forecast, [](double y, double f) { return squared(y - f); });
  const double spread = mean_score(truth, forecast, [&](double y, double) { return squared(y - mean); });
  return 1 - errors / spread;
}

void check_class(std::int64_t place, std::int64_t classes) {
  if (place < 0 || place >= classes) {
    throw std::logic_error(fmt::format("the class {}, but there are {}", place, classes));
  }
}

}  // namespace

NumberScores number_scores(std::span<const double> truth, std::span<const double> forecast) {
  const auto mean = [&](auto&& score) { return mean_score(truth, forecast, score); };
  NumberScores scores;
  scores.count = for_pairs(truth, forecast, [](double, double) {});
  scores.mae = mean([](double y, double f) { return std::abs(y - f); });
  scores.mse = mean([](double y, double f) { return squared(y - f); });
  scores.rmse = std::sqrt(scores.mse);
  scores.smape = 100 * mean([](double y, double f) {
                   return y == 0 && f == 0 ? 0.0 : 2 * std::abs(y - f) / (std::abs(y) + std::abs(f));
                 });
  scores.bias = mean([](double y, double f) { return f - y; });
  scores.r2 = r2_of(truth, forecast);
  return scores;
}

double pinball(std::span<const double> truth, std::span<const double> forecast, double quantile) {
  if (!(quantile >= 0 && quantile <= 1)) {
    throw Error(fmt::format("the quantile is {}, but must be between 0 and 1", quantile));
  }
  return mean_score(truth, forecast, [&](double y, double f) {
    return y >= f ? quantile * (y - f) : (quantile - 1) * (y - f);
  });
}

double coverage(std::span<const double> truth, std::span<const double> forecast) {
  return mean_score(truth, forecast, [](double y, double f) {
    return std::isnan(f) ? not_there : static_cast<double>(y <= f);
  });
}

double mase_scale(std::span<const double> training, std::int64_t season,
                  std::span<const std::int64_t> starts) {
  if (season < 1) throw Error(fmt::format("the season is {} rows, but must be 1 or more", season));
  std::int64_t begin = 0, count = 0;
  auto next_start = starts.begin();
  double sum = 0;
  for (std::int64_t row = 0; row < std::ssize(training); ++row) {
    for (; next_start != starts.end() && *next_start <= row; ++next_start) begin = *next_start;
    if (row - begin < season) continue;
    const double error =
        std::abs(training[static_cast<std::size_t>(row)] - training[static_cast<std::size_t>(row - season)]);
    if (std::isnan(error)) continue;
    sum += error;
    ++count;
  }
  return sum == 0 ? not_there : sum / static_cast<double>(count);
}

ClassScores class_scores(std::span<const std::int64_t> truth, std::span<const std::int64_t> answer,
                         std::int64_t classes) {
  check_lengths(truth.size(), answer.size());
  const auto size = static_cast<std::size_t>(classes);
  ClassScores scores;
  scores.confusion.assign(size, std::vector<std::int64_t>(size, 0));
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] == missing_class) continue;
    check_class(truth[i], classes);
    check_class(answer[i], classes);
    ++scores.confusion[static_cast<std::size_t>(truth[i])][static_cast<std::size_t>(answer[i])];
    ++scores.count;
  }
  double right = 0, recalls = 0, f1s = 0, occurring = 0, named = 0;
  for (std::size_t k = 0; k < size; ++k) {
    double truths = 0, answers = 0;
    for (std::size_t other = 0; other < size; ++other) {
      truths += static_cast<double>(scores.confusion[k][other]);
      answers += static_cast<double>(scores.confusion[other][k]);
    }
    const auto hits = static_cast<double>(scores.confusion[k][k]);
    right += hits;
    if (truths > 0) recalls += hits / truths;
    if (truths > 0) ++occurring;
    if (truths + answers > 0) f1s += 2 * hits / (truths + answers);
    if (truths + answers > 0) ++named;
  }
  scores.accuracy = ratio(right, static_cast<double>(scores.count));
  scores.balanced_accuracy = ratio(recalls, occurring);
  scores.macro_f1 = ratio(f1s, named);
  return scores;
}

double log_loss(std::span<const std::int64_t> truth, std::span<const double> probabilities,
                std::int64_t classes) {
  check_lengths(truth.size() * static_cast<std::size_t>(classes), probabilities.size());
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] == missing_class) continue;
    check_class(truth[i], classes);
    sum -=
        std::log(probabilities[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(truth[i])]);
    ++count;
  }
  return ratio(sum, count);
}

}  // namespace carousel
