#include "sweep/bootstrap.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "carousel/data/random.h"

namespace carousel::cli {
namespace {

constexpr std::size_t draws = 10'000;
constexpr std::uint64_t problem_of_bootstrap = 0x424f4f54;

double drawn_median(const std::vector<double>& values, Random& random, std::vector<double>& drawn) {
  drawn.resize(values.size());
  for (double& one : drawn)
    one = values[static_cast<std::size_t>(random.below(static_cast<int>(values.size())))];
  return median(drawn);
}

/// The middle 95 % of what a draw gives.
template <class Draw> Interval middle(Draw draw) {
  std::array<double, draws> all{};
  Random random({}, problem_of_bootstrap);
  for (double& one : all) one = draw(random);
  std::ranges::sort(all);
  constexpr auto tail = static_cast<std::size_t>(0.025 * draws);
  return {all[tail], all[draws - 1 - tail]};
}

}  // namespace

double median(std::vector<double> values) {
  const std::size_t half = values.size() / 2;
  std::ranges::sort(values);
  return values.size() % 2 == 1 ? values[half] : std::midpoint(values[half - 1], values[half]);
}

Interval interval_of_median(const std::vector<double>& values) {
  std::vector<double> drawn;
  return middle([&](Random& random) { return drawn_median(values, random, drawn); });
}

Interval interval_of_difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> drawn;
  return middle([&](Random& random) {
    const double first = drawn_median(a, random, drawn);
    return first - drawn_median(b, random, drawn);
  });
}

}  // namespace carousel::cli
