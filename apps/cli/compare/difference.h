// How far two sides are apart, and how far they may be. Needs no tensor.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace carousel::cli {

/// What a relative difference is relative to.
enum class Scale {
  largest,  ///< the largest magnitude of the reference: for tensors, whose small entries are what is left
            ///< of large ones
  each,     ///< each value by itself: for curves over updates
  given,    ///< each value by a size of its own: a state's gradient by the largest of all states at that step
  norm,     ///< the L2 norm of all differences by that of the reference: for weights after a training
};

/// Two lists of numbers, held against each other.
struct Difference {
  std::size_t count = 0;          ///< numbers compared
  double absolute = 0.0;          ///< largest |ours - reference|
  double relative = 0.0;          ///< largest difference in the scale; infinity where only one is finite
  std::size_t worst = 0;          ///< where that is
  double reference_size = 0.0;    ///< largest |reference|
  bool nothing = true;            ///< all zeros on both sides, or no numbers at all: nothing was compared
  bool sizes_differ = false;      ///< not the same number of numbers
  std::vector<double> each = {};  ///< the relative difference of every number; empty for Scale::norm
};

/// `sizes` are those of Scale::given. Where a size is below `smallest`, the difference is relative to that:
/// what is so small is noise of its type.
Difference difference(std::span<const double> ours, std::span<const double> reference, Scale scale,
                      std::span<const double> sizes = {}, double smallest = 0.0);

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

/// As the tables call it: "outputs", "|dL/dh_t|".
const char* quantity_name(Quantity quantity);

/// The largest relative difference that is no mismatch.
double tolerance(Quantity quantity, bool is_double);

/// The scale in which a quantity is measured.
Scale scale_of(Quantity quantity);

/// One line of the comparison.
struct Check {
  Quantity quantity;
  std::string name;  ///< of the parameter, layer or training
  Difference difference;
  double tolerance = 0.0;

  bool ok() const { return !difference.sizes_differ && difference.relative <= tolerance; }
  /// The first number beyond the tolerance, counted from 0; of Scale::norm the worst.
  std::optional<std::size_t> first_beyond() const;
};

/// `sizes` are those of Scale::given.
Check make_check(Quantity quantity, std::string name, std::span<const double> ours,
                 std::span<const double> reference, bool is_double, std::span<const double> sizes = {});

/// How much of its tolerance a figure uses: above 1 it is a mismatch.
double share_of_tolerance(const Check& check);

/// The check of a quantity that is nearest to its tolerance, or furthest beyond; null when there is none.
const Check* worst_of(const std::vector<Check>& checks, Quantity quantity);
const Check* worst_of(const std::vector<Check>& checks);

}  // namespace carousel::cli
