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
/// "standard", "minmax", "robust", "none".
const std::vector<std::string>& scaling_names();
/// Throws Error with the nearest of them for another name.
ScalingKind parse_scaling(const std::string& name);

class Scaling {
 public:
  Scaling() = default;
  /// Throws Error unless both are finite and the width is above 0.
  Scaling(double offset, double width, bool log1p = false);

  /// Of the values that are not missing (NaN). Widths at or below rounding of the values' size (1e-13 of it)
  /// become 1, so that a constant column is 0. Throws Error for a value that is not finite, or at or below -1 with
  /// log1p, for values too far apart for a double, and where nothing is left; `what` begins the sentence: "the
  /// column 'OT'".
  static Scaling fit(ScalingKind kind, std::span<const double> values, bool log1p, const std::string& what);

  /// NaN stays NaN. Throws Error for a value at or below -1 with log1p: it must not become a missing one.
  double scale(double value) const;
  double unscale(double scaled) const;
  double offset() const { return offset_; }
  double width() const { return width_; }
  bool log1p() const { return log1p_; }

  /// {"offset": 2.5, "width": 0.5, "log1p": false}
  nlohmann::json to_json() const;
  /// Throws Error for what to_json does not write: widths at or below 0, what is not finite.
  static Scaling from_json(const nlohmann::json& json);
  bool operator==(const Scaling&) const = default;

 private:
  double offset_ = 0.0, width_ = 1.0;
  bool log1p_ = false;
};

}  // namespace carousel
