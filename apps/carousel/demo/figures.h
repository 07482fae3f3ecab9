// Short ways to write the page's charts and tables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace carousel::cli {

using Curve = std::vector<std::pair<double, double>>;

/// A line of a chart; what is not finite interrupts it.
nlohmann::json curve_json(const std::string& name, const Curve& curve, int colour, int dash = 0);

struct AxisText {
  std::string name, unit = {};
  bool log = false, power = false, share = false;
};
nlohmann::json line_chart(const std::string& title, const std::string& how, const AxisText& x,
                          const AxisText& y, std::vector<nlohmann::json> series);

/// A table whose first column says what was measured.
nlohmann::json facts(const std::vector<std::string>& columns, std::vector<nlohmann::json> rows);

/// Slope of the least-squares line through a curve.
double slope_of(const Curve& curve);

/// y of t = 0, 1, ... as a curve over t + 1.
Curve over_steps(const std::vector<double>& values);

}  // namespace carousel::cli
