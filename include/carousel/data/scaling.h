// Scaling numbers for a network, and back.
//
//   scaled = (transformed(x) - offset) / width        transformed(x) = ln(1 + x) where `log1p`, else x
//
// Fitted on what a model learns from, kept with it, and undone for what it answers. In double throughout.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace carousel {

enum class ScalingKind {
  standard,  ///< offset the mean, width the standard deviation (of n, as scikit-learn's StandardScaler)
  minmax,    ///< to 0 ... 1: offset the smallest, width the range
  robust,    ///< offset the median, width the distance of the quartiles (linear between ranks, as numpy's)
  none,      ///< 0 and 1
};
const std::vector<std::string>& scaling_names();
ScalingKind parse_scaling(const std::string& name);

class Scaling {
 public:
  Scaling() = default;
  Scaling(double offset, double width, bool log1p = false);

  /// Of the values that are not missing (NaN). Widths at or below rounding of the values' size (1e-13 of it) become 1,
  /// so that a constant column is 0. Throws Error for a value at or below -1 with log1p (`what` names the column), and where nothing is left.
  static Scaling fit(ScalingKind kind, std::span<const double> values, bool log1p, const std::string& what);

  double scale(double value) const;    ///< NaN stays NaN
  double unscale(double scaled) const;
  double offset() const { return offset_; }
  double width() const { return width_; }
  bool log1p() const { return log1p_; }

  nlohmann::json to_json() const;
  /// Throws Error for what to_json does not write: widths at or below 0, what is not finite.
  static Scaling from_json(const nlohmann::json& json);
  bool operator==(const Scaling&) const = default;

 private:
  double offset_ = 0.0, width_ = 1.0;
  bool log1p_ = false;
};

}  // namespace carousel
