// Times several things in turns, A B C A B C, so that whatever else the machine does meets all of them alike.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace carousel::cli {

struct Timed {
  std::string name;
  std::function<void()> run;
};

/// How long is measured: this many rounds, or fewer once the seconds are used up, but at least three.
struct RoundLimits {
  std::int64_t rounds = 15;
  double seconds = 10.0;
  double sample_seconds = 0.02;  ///< what is quicker runs several times in a turn, and their mean counts
};

/// Seconds of everything in every round: [thing][round]; NaN where it sat a round out.
///
/// Everything runs twice before, untimed. What takes much longer than the quickest sits out most rounds, or
/// it would use up the time of all. What is quick runs once untimed at the start of its turn, so that it does
/// not pay for caches and threads as the one before it left them; and every round starts with another thing.
std::vector<std::vector<double>> time_in_turns(const std::vector<Timed>& things, const RoundLimits& limits);

/// Of the values that are not NaN.
struct Spread {
  std::int64_t count = 0;
  double median = 0.0, lower = 0.0, upper = 0.0;  ///< lower and upper quartile
  double min = 0.0, max = 0.0;
};
Spread spread_of(std::vector<double> values);

/// Median over the rounds that both were in of their ratio in that round, numerator / denominator.
double paired_ratio(const std::vector<double>& numerator, const std::vector<double>& denominator);

double geometric_mean(const std::vector<double>& values);

/// Seconds one call takes.
double seconds_of(const std::function<void()>& call);

}  // namespace carousel::cli
