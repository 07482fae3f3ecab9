// How far two lists of numbers are apart.
#pragma once

#include <cstddef>
#include <span>
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

}  // namespace carousel::cli
