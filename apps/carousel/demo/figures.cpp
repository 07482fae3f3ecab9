#include "demo/figures.h"

#include <cmath>

#include "page/points.h"

namespace carousel::cli {

using nlohmann::json;

json curve_json(const std::string& name, const Curve& curve, int colour, int dash) {
  ChartPoints points;
  for (const auto& [x, y] : curve) points.push_back({x, std::isfinite(y) ? y : std::nan("")});
  json line{{"name", name}, {"points", points_json(thinned(points))}, {"colour", colour}};
  if (dash > 0) line["dash"] = dash;
  return line;
}

namespace {

json axis_json(const AxisText& axis) {
  json made{{"name", axis.name}};
  if (!axis.unit.empty()) made["unit"] = axis.unit;
  if (axis.log) made["log"] = true;
  if (axis.power) made["power"] = true;
  if (axis.share) made["share"] = true;
  return made;
}

}  // namespace

json line_chart(const std::string& title, const std::string& how, const AxisText& x, const AxisText& y,
                std::vector<json> series) {
  return {{"kind", "lines"},   {"title", title},    {"how", how},
          {"x", axis_json(x)}, {"y", axis_json(y)}, {"series", std::move(series)}};
}

json facts(const std::vector<std::string>& columns, std::vector<json> rows) {
  return {{"columns", columns}, {"rows", std::move(rows)}};
}

double slope_of(const Curve& curve) {
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (const auto& [x, y] : curve) n += 1, sx += x, sy += y, sxx += x * x, sxy += x * y;
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

Curve over_steps(const std::vector<double>& values) {
  Curve curve;
  for (const double value : values) curve.emplace_back(static_cast<double>(curve.size() + 1), value);
  return curve;
}

}  // namespace carousel::cli
