#include "bench/runner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include "carousel/flow/curves.h"

namespace carousel::cli {
namespace {

constexpr std::int64_t least_rounds = 3;
constexpr double much_longer = 3.0;  // times the quickest; from here on a thing sits rounds out
constexpr double quick = 2.5;        // times the length of a sample; below, a turn begins with an untimed run

/// How one thing takes its turns.
struct Turns {
  std::int64_t every = 1;    // takes part in every so many rounds
  std::int64_t repeats = 1;  // timed runs of a turn
  bool untimed_first = false;
};

Turns turns_of(double once, double quickest, const RoundLimits& limits) {
  const auto wanted = static_cast<std::int64_t>(once / (much_longer * quickest));
  const auto most = std::max<std::int64_t>(1, limits.rounds / least_rounds);
  return {.every = std::clamp<std::int64_t>(wanted, 1, most),
          .repeats = std::max<std::int64_t>(1, std::llround(std::ceil(limits.sample_seconds / once))),
          .untimed_first = once < quick * limits.sample_seconds};
}

double take_turn(const Timed& thing, const Turns& turns) {
  if (turns.untimed_first) thing.run();
  const double all = seconds_of([&] {
    for (std::int64_t i = 0; i < turns.repeats; ++i) thing.run();
  });
  return all / static_cast<double>(turns.repeats);
}

}  // namespace

double seconds_of(const std::function<void()>& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<std::vector<double>> time_in_turns(const std::vector<Timed>& things, const RoundLimits& limits) {
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::vector<double> once;
  for (const Timed& thing : things) once.push_back(seconds_of(thing.run));
  for (std::size_t i = 0; i < things.size(); ++i) once[i] = std::min(once[i], seconds_of(things[i].run));
  const double quickest = *std::ranges::min_element(once);

  std::vector<std::vector<double>> seconds(things.size());
  for (std::int64_t round = 0; round < limits.rounds; ++round) {
    if (round >= least_rounds && elapsed() > limits.seconds) break;
    for (auto& of_thing : seconds) of_thing.push_back(std::numeric_limits<double>::quiet_NaN());
    for (std::size_t place = 0; place < things.size(); ++place) {
      const std::size_t i = (place + static_cast<std::size_t>(round)) % things.size();
      const Turns turns = turns_of(once[i], quickest, limits);
      if (round % turns.every == 0) seconds[i].back() = take_turn(things[i], turns);
    }
  }
  return seconds;
}

Spread spread_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return {};
  std::ranges::sort(values);
  return {.count = static_cast<std::int64_t>(values.size()),
          .median = quantile(values, 0.5),
          .lower = quantile(values, 0.25),
          .upper = quantile(values, 0.75),
          .min = values.front(),
          .max = values.back()};
}

double paired_ratio(const std::vector<double>& numerator, const std::vector<double>& denominator) {
  std::vector<double> ratios(numerator.size());
  std::ranges::transform(numerator, denominator, ratios.begin(), std::divides<>());
  return spread_of(ratios).median;
}

double geometric_mean(const std::vector<double>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0,
                                     [](double total, double value) { return total + std::log(value); });
  return std::exp(sum / static_cast<double>(values.size()));
}

}  // namespace carousel::cli
