// What is compared, how far apart it may be, and whether it is. Needs no tensor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compare/difference.h"

namespace carousel::cli {

/// What is compared; each has a tolerance of its own.
enum class Quantity {
  start,
  outputs,
  loss,
  gradients,
  step_norms,
  losses,
  clip_norms,
  validations,
  rates,
  weights
};
inline constexpr std::size_t quantities = 10;

/// As the tables call it: "outputs", "dL/dstate norms".
const char* quantity_name(Quantity quantity);

/// The largest relative difference that is no mismatch.
double tolerance(Quantity quantity, bool is_double);

/// The scale in which a quantity is measured.
Scale scale_of(Quantity quantity);

/// Whether it is a curve over a training, so that the rounding of one number is in all later ones.
bool is_over_training(Quantity quantity);
/// Those curves, and the weights.
bool is_of_training(Quantity quantity);

/// A figure in float held against the reference in double, on both sides.
struct FromExact {
  Difference ours, reference;
};

enum class Agreement {
  equal,     ///< within the tolerance
  rounding,  ///< beyond it, but the reference in float is itself that far from the reference in double, and
             ///< ours no more than twice as far; or, of a training, the reference strays beyond the
             ///< tolerance, has come a tenth of it, and in double both agree
  mismatch
};

/// One line of the comparison.
struct Check {
  Quantity quantity;
  std::string name;  ///< of the parameter, layer or training
  Difference difference;
  double tolerance = 0.0;
  std::optional<FromExact> from_exact = {};  ///< where a difference in float had to be judged
  bool agrees_in_double = false;             ///< of a training: in double the losses of both sides agree

  Agreement agreement() const;
  bool ok() const { return agreement() != Agreement::mismatch; }
  /// The first number that does not agree, counted from 0; of Scale::norm the worst.
  std::optional<std::size_t> first_beyond() const;
};

/// What two sides computed.
struct Figure {
  Quantity quantity;
  std::string name;
  std::vector<double> ours, reference;
  std::vector<double> sizes = {};  ///< those of Scale::given
};

Check make_check(const Figure& figure, bool is_double);
std::vector<Check> make_checks(const std::vector<Figure>& figures, bool is_double);

/// For the checks of float that do not agree: `exact` are the same figures with a reference in double.
void judge_by_exact(std::vector<Check>& checks, const std::vector<Figure>& figures,
                    const std::vector<Figure>& exact);

/// How much of its tolerance a figure uses: above 1 it is beyond.
double share_of_tolerance(const Check& check);

/// The worst of all; equal where there is none.
Agreement agreement_of(const std::vector<Check>& checks);

/// The check, of one quantity or any, that agrees least: nearest to its tolerance, or furthest beyond; null
/// when there is none.
const Check* worst_of(const std::vector<Check>& checks, std::optional<Quantity> quantity = {});

}  // namespace carousel::cli
