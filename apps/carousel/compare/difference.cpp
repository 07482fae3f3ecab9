#include "compare/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace carousel::cli {
namespace {

double largest_of(std::span<const double> values) {
  double largest = 0.0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

double relative_to(double distance, double size) {
  if (distance == 0.0) return 0.0;
  const double relative = distance / size;  // NaN for infinity over infinity as well
  return std::isnan(relative) ? std::numeric_limits<double>::infinity() : relative;
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

}  // namespace carousel::cli
