#include "report/chart.h"

#include <algorithm>
#include <cctype>

#include "carousel/text.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t means_of_a_line = 120;
constexpr std::size_t most_points_to_zoom = 6000;

json line_json(const std::string& name, const ChartPoints& points, Look look, const std::string& role) {
  json line{{"name", name}, {"points", points_json(points)}, {"colour", look.colour}, {"dash", look.dash}};
  if (!role.empty()) line["role"] = role;
  return line;
}

}  // namespace

Look look(const Runs& runs, std::size_t run, std::size_t line) {
  return runs.size() == 1 ? Look{line % 8, line / 8} : Look{run, line};
}

std::string line_name(const Runs& runs, std::size_t run, const std::string& name) {
  return runs.size() == 1 ? name
         : name.empty()   ? runs[run].name
                          : fmt::format("{}, {}", name, runs[run].name);
}

std::string title_text(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

json axis(const std::string& name, const std::string& unit) {
  json made{{"name", name}};
  if (!unit.empty()) made["unit"] = unit;
  return made;
}

json power_axis(const std::string& name) {
  json made = axis(name);
  made["power"] = true;
  return made;
}

json log_axis(const std::string& name, const std::string& unit) {
  json made = axis(name, unit);
  made["log"] = true;
  return made;
}

json time_axis() {
  json made = axis("time");
  made["time"] = true;
  return made;
}

json bounded_axis(const std::string& name, double min, double max) {
  json made = axis(name);
  made["min"] = min;
  made["max"] = max;
  return made;
}

json share_axis(const std::string& name) {
  json made = axis(name);
  made["share"] = true;
  return made;
}

LinesChart::LinesChart(const std::string& title, const std::string& how, json x, json y)
    : chart_{{"kind", "lines"},        {"title", title},         {"how", how},
             {"x", std::move(x)},      {"y", std::move(y)},      {"series", json::array()},
             {"marks", json::array()}, {"limits", json::array()}} {}

void LinesChart::add(const std::string& name, const ChartPoints& points, Look look, const std::string& role) {
  if (std::ranges::all_of(points, [](const ChartPoint& p) { return !std::isfinite(p.y); })) return;
  const ChartPoints shown = thinned(points, most_);
  if (points.size() - shown.size() > all_ - shown_) shown_ = shown.size(), all_ = points.size();
  chart_["series"].push_back(line_json(name, shown, look, role));
}

void LinesChart::add_noisy(const std::string& name, const ChartPoints& points, Look look) {
  const bool many = points.size() > 2 * means_of_a_line;
  add(name, points, look, many ? "raw" : "");
  if (many) add(name, bucket_means(points, means_of_a_line), look);
}

void LinesChart::add_hidden(const std::string& name, const ChartPoints& points, Look look) {
  const std::size_t before = chart_["series"].size();
  add(name, points, look);
  if (chart_["series"].size() > before) chart_["series"].back()["off"] = true;
}

void LinesChart::add_band(const std::string& name, const ChartPoints& low, const ChartPoints& high,
                          Look look) {
  const std::size_t together = 1 + low.size() / most_;
  json points = json::array();
  for (std::size_t i = 0; i < low.size(); i += together) {
    double least = std::nan(""), most = std::nan("");
    for (std::size_t k = i; k < std::min(low.size(), i + together); ++k) {
      least = std::fmin(least, low[k].y);
      most = std::fmax(most, high[k].y);
    }
    points.push_back({short_number(low[i].x), short_number(least), short_number(most)});
  }
  chart_["bands"].push_back({{"name", name}, {"colour", look.colour}, {"points", std::move(points)}});
}

void LinesChart::set_zoom(double x) {
  chart_["zoom"] = short_number(x);
  most_ = most_points_to_zoom;
}

void LinesChart::add_limit(double y, const std::string& name) {
  chart_["limits"].push_back({{"y", short_number(y)}, {"name", name}});
}

void LinesChart::add_mark(json mark) {
  if (!mark["points"].empty()) chart_["marks"].push_back(std::move(mark));
}

void LinesChart::put_into(json& charts) {
  if (empty()) return;
  if (all_ > shown_) {
    chart_["thinned"] = fmt::format(
        "Thinned: of {} points those with the smallest and largest values of their neighbourhood are drawn.",
        format_count(static_cast<double>(all_)));
  }
  charts.push_back(chart_);
}

ChartPoints over_steps(const std::vector<double>& values, double first) {
  ChartPoints points;
  for (std::size_t i = 0; i < values.size(); ++i)
    points.push_back({first + static_cast<double>(i), values[i]});
  return points;
}

ChartPoints positive(ChartPoints points) {
  for (ChartPoint& point : points) {
    if (!(point.y > 0.0)) point.y = std::nan("");
  }
  return points;
}

json section(const std::string& title, const std::string& text, json charts, json notes) {
  if (charts.empty() && notes.empty()) return nullptr;
  return {{"title", title}, {"text", text}, {"charts", std::move(charts)}, {"notes", std::move(notes)}};
}

}  // namespace carousel::cli
