#include "compare/check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

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

}  // namespace

const char* quantity_name(Quantity quantity) {
  return limits_of(quantity).name;
}

double tolerance(Quantity quantity, bool is_double) {
  return is_double ? limits_of(quantity).in_double : limits_of(quantity).in_float;
}

Scale scale_of(Quantity quantity) {
  return limits_of(quantity).scale;
}

bool is_over_training(Quantity quantity) {
  return quantity == Quantity::losses || quantity == Quantity::clip_norms || quantity == Quantity::rates ||
         quantity == Quantity::validations;
}

bool is_of_training(Quantity quantity) {
  return is_over_training(quantity) || quantity == Quantity::weights;
}

namespace {

/// A gradient's norm below this is made of entries near the end of the type's range.
double smallest_of(Quantity quantity, bool is_double) {
  if (quantity != Quantity::step_norms) return 0.0;
  return is_double ? 1e-290 : 1e-30;
}

Difference difference_of(const Figure& figure, std::span<const double> ours,
                         std::span<const double> reference, bool is_double) {
  return difference(ours, reference, scale_of(figure.quantity), figure.sizes,
                    smallest_of(figure.quantity, is_double));
}

/// Whether number i, beyond its tolerance, is what float makes of it. Of a training what counts is how far
/// the reference has strayed by then, of anything else how far it is anywhere.
class Rounding {
 public:
  explicit Rounding(const Check& check) : check_(check) {
    if (!check.from_exact) return;
    strayed_too_far_ = check.from_exact->reference.relative > check.tolerance;
    strayed_ = check.from_exact->reference.each;
    double largest = is_over_training(check.quantity) ? 0.0 : check.from_exact->reference.relative;
    for (double& each : strayed_) each = largest = std::max(largest, each);
  }

  bool explains(std::size_t i) const {
    return check_.from_exact && explains(check_.from_exact->ours.each[i], strayed_[i]);
  }
  bool explains_norm() const {
    return check_.from_exact &&
           explains(check_.from_exact->ours.relative, check_.from_exact->reference.relative);
  }

 private:
  bool explains(double ours, double reference) const {
    if (!std::isfinite(ours)) return false;
    const bool lost = reference > 0.1 * check_.tolerance && strayed_too_far_;
    return ours <= check_.tolerance + 2.0 * reference || (check_.agrees_in_double && lost);
  }

  const Check& check_;
  bool strayed_too_far_ = false;  ///< at last; some numbers earlier the reference is on its way there
  std::vector<double> strayed_;
};

}  // namespace

Agreement Check::agreement() const {
  if (difference.sizes_differ) return Agreement::mismatch;
  if (difference.relative <= tolerance) return Agreement::equal;
  return first_beyond() ? Agreement::mismatch : Agreement::rounding;
}

std::optional<std::size_t> Check::first_beyond() const {
  if (difference.sizes_differ || difference.relative <= tolerance) return {};
  const Rounding rounding(*this);
  if (difference.each.empty()) {
    return rounding.explains_norm() ? std::optional<std::size_t>() : difference.worst;
  }
  for (std::size_t i = 0; i < difference.each.size(); ++i) {
    if (!(difference.each[i] <= tolerance) && !rounding.explains(i)) return i;
  }
  return {};
}

Check make_check(const Figure& figure, bool is_double) {
  return {figure.quantity, figure.name, difference_of(figure, figure.ours, figure.reference, is_double),
          tolerance(figure.quantity, is_double)};
}

std::vector<Check> make_checks(const std::vector<Figure>& figures, bool is_double) {
  std::vector<Check> checks;
  for (const Figure& figure : figures) checks.push_back(make_check(figure, is_double));
  return checks;
}

void judge_by_exact(std::vector<Check>& checks, const std::vector<Figure>& figures,
                    const std::vector<Figure>& exact) {
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const std::vector<double>& reference = exact.at(i).reference;
    const bool alike =
        figures[i].ours.size() == reference.size() && figures[i].reference.size() == reference.size();
    if (checks[i].ok() || !alike) continue;
    checks[i].from_exact = FromExact{difference_of(figures[i], figures[i].ours, reference, false),
                                     difference_of(figures[i], figures[i].reference, reference, false)};
  }
}

double share_of_tolerance(const Check& check) {
  const bool bad = check.difference.sizes_differ;
  if (bad) return std::numeric_limits<double>::infinity();
  if (check.tolerance > 0.0) return check.difference.relative / check.tolerance;
  return check.difference.relative > 0.0 ? std::numeric_limits<double>::infinity() : 0.0;
}

Agreement agreement_of(const std::vector<Check>& checks) {
  Agreement worst = Agreement::equal;
  for (const Check& check : checks) worst = std::max(worst, check.agreement());
  return worst;
}

const Check* worst_of(const std::vector<Check>& checks, std::optional<Quantity> quantity) {
  const auto badness = [](const Check& check) {
    return std::pair(check.agreement(), share_of_tolerance(check));
  };
  const Check* worst = nullptr;
  for (const Check& check : checks) {
    if (quantity && check.quantity != *quantity) continue;
    if (worst == nullptr || badness(check) > badness(*worst)) worst = &check;
  }
  return worst;
}

}  // namespace carousel::cli
