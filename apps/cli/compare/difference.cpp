#include "cli/compare/difference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace carousel::cli {
namespace {

struct Limits {
  const char* name;
  Scale scale;
  double in_float, in_double;
};

// A sum of n products in another order differs by about sqrt(n) eps of its terms; eps is 6e-8 and 1e-16.
constexpr std::array<Limits, quantities> limits{{
    {"start", Scale::largest, 0.0, 0.0},  // the same draws: equal bit for bit
    // One pass: some hundred steps, each the rounding of a product, an exponential and a sum.
    {"outputs", Scale::largest, 1e-5, 1e-12},
    {"loss", Scale::each, 1e-5, 1e-12},
    {"gradients", Scale::largest, 1e-5, 1e-12},
    // Every step by itself, however small: what is left after falling through many powers of ten. States are
    // mixed at every step, so that the rounding of one is in the others.
    {"dL/dstate norms", Scale::given, 1e-4, 1e-9},
    // Whole trainings: rounding is fed back through the weights.
    {"losses", Scale::each, 1e-4, 1e-9},
    {"clip norms", Scale::largest, 1e-4, 1e-9},  // near a minimum a norm is what is left of sums that cancel
    {"validations", Scale::each, 1e-4, 1e-9},
    {"rates", Scale::each, 1e-12, 1e-12},  // double on both sides, multiplied up here and powers there
    // Adam and RMSprop divide every gradient by its own size: where one is smaller than the rounding of those
    // it was summed from, rounding decides which way a weight goes. So all weights of a tensor together.
    {"weights after", Scale::norm, 1e-4, 1e-9},
}};

const Limits& limits_of(Quantity quantity) {
  return limits[static_cast<std::size_t>(quantity)];
}

double largest_of(std::span<const double> values) {
  double largest = 0.0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

double relative_to(double distance, double size) {
  if (std::isnan(distance)) return std::numeric_limits<double>::infinity();
  if (distance == 0.0) return 0.0;
  return distance / size;
}

}  // namespace

Difference difference(std::span<const double> ours, std::span<const double> reference, Scale scale,
                      std::span<const double> sizes, double smallest) {
  Difference result;
  result.sizes_differ = ours.size() != reference.size();
  result.count = std::min(ours.size(), reference.size());
  result.reference_size = largest_of(reference.first(result.count));
  result.nothing = result.reference_size == 0.0 && largest_of(ours.first(result.count)) == 0.0;
  double squares = 0.0, reference_squares = 0.0;
  for (std::size_t i = 0; i < result.count; ++i) {
    const double distance = std::abs(ours[i] - reference[i]);
    const double size = scale == Scale::given  ? sizes[i]
                        : scale == Scale::each ? std::abs(reference[i])
                                               : result.reference_size;
    const double relative = relative_to(distance, std::max(size, smallest));
    if (!(distance <= result.absolute)) result.absolute = distance;
    if (relative > result.relative) result.relative = relative, result.worst = i;
    if (scale != Scale::norm) result.each.push_back(relative);
    squares += distance * distance;
    reference_squares += reference[i] * reference[i];
  }
  if (scale == Scale::norm) result.relative = relative_to(std::sqrt(squares), std::sqrt(reference_squares));
  return result;
}

const char* quantity_name(Quantity quantity) {
  return limits_of(quantity).name;
}

double tolerance(Quantity quantity, bool is_double) {
  return is_double ? limits_of(quantity).in_double : limits_of(quantity).in_float;
}

Scale scale_of(Quantity quantity) {
  return limits_of(quantity).scale;
}

std::optional<std::size_t> Check::first_beyond() const {
  if (ok() || difference.sizes_differ) return {};
  if (difference.each.empty()) return difference.worst;
  const auto found = std::ranges::find_if(difference.each, [&](double each) { return !(each <= tolerance); });
  return static_cast<std::size_t>(found - difference.each.begin());
}

Check make_check(Quantity quantity, std::string name, std::span<const double> ours,
                 std::span<const double> reference, bool is_double, std::span<const double> sizes) {
  // A gradient's norm below this is made of entries near the end of the type's range.
  const double smallest = quantity == Quantity::step_norms ? (is_double ? 1e-290 : 1e-30) : 0.0;
  return {quantity, std::move(name), difference(ours, reference, scale_of(quantity), sizes, smallest),
          tolerance(quantity, is_double)};
}

double share_of_tolerance(const Check& check) {
  const bool bad = check.difference.sizes_differ;
  if (bad) return std::numeric_limits<double>::infinity();
  if (check.tolerance > 0.0) return check.difference.relative / check.tolerance;
  return check.difference.relative > 0.0 ? std::numeric_limits<double>::infinity() : 0.0;
}

const Check* worst_of(const std::vector<Check>& checks, Quantity quantity) {
  const Check* worst = nullptr;
  for (const Check& check : checks) {
    if (check.quantity == quantity &&
        (worst == nullptr || share_of_tolerance(check) > share_of_tolerance(*worst)))
      worst = &check;
  }
  return worst;
}

const Check* worst_of(const std::vector<Check>& checks) {
  const Check* worst = nullptr;
  for (const Check& check : checks) {
    if (worst == nullptr || share_of_tolerance(check) > share_of_tolerance(*worst)) worst = &check;
  }
  return worst;
}

}  // namespace carousel::cli
