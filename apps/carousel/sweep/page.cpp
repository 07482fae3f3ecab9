#include "sweep/page.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "carousel/text.h"

#include "report/chart.h"
#include "sweep/bootstrap.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t most_dotted = 24, most_curves = 8, most_rows = 500, colours_of_page = 8;

json settings_section(const SweepResult& result) {
  TextTable table = settings_table(result);
  json notes = json::array();
  for (const std::string& sentence : result.summary.sentences) notes.push_back(sentence + ".");
  if (table.size() > most_rows + 1)
    notes.push_back(fmt::format("The best {} of {} settings; all of them are in sweep.json.", most_rows,
                                table.size() - 1));
  table.resize(std::min(table.size(), most_rows + 1));
  for (std::size_t i = 1; i < table.size(); ++i)
    table[i].front() = fmt::format("{}: {}", i, table[i].front());
  return {
      {"title", "Settings"},
      {"text",
       fmt::format("The best validation of each run ({}, {} is better): its median over the seeds, and the "
                   "interval in which that lies with 95 %. Of the rest medians.",
                   result.summary.metric, result.summary.lower_is_better ? "lower" : "higher")},
      {"notes", std::move(notes)},
      {"facts", {{"columns", table.front()}, {"rows", std::vector(table.begin() + 1, table.end())}}}};
}

/// A column of points a setting, at its place in the table.
void put_runs(const SweepResult& result, json& charts) {
  const auto& settings = result.summary.settings;
  LinesChart chart("Every run",
                   "A point a seed, a diamond the median; the number below is the place in the table.",
                   axis("place"), log_axis(result.summary.metric));
  json medians = json::array();
  for (std::size_t i = 0; i < std::min(settings.size(), most_dotted); ++i) {
    const auto place = static_cast<double>(i + 1);
    ChartPoints points;
    for (const double metric : settings[i].metrics) points.push_back({place, metric});
    std::ranges::sort(points, {}, &ChartPoint::y);
    chart.add(settings[i].name, points, {i % colours_of_page, 0}, "points");
    if (settings[i].median) medians.push_back({place, *settings[i].median});
  }
  if (chart.empty()) return;
  chart.add_mark({{"kind", "best"}, {"name", "median"}, {"tone", "good"}, {"points", std::move(medians)}});
  chart.set_wide();
  chart.put_into(charts);
}

/// The median over a setting's runs, each of which keeps its last value once it has stopped.
ChartPoints median_curve(const SweepResult& result, const SettingSummary& setting) {
  std::vector<Validations> curves;
  std::map<std::int64_t, std::vector<double>> at;
  for (const RunFigures* run : setting.runs) {
    if (!run->done) continue;
    curves.push_back(read_validations(result.folder, run->run));
    for (const auto& [update, metric] : curves.back()) at[update];
  }
  ChartPoints points;
  for (auto& [update, values] : at) {
    for (const Validations& curve : curves) {
      const auto later = std::ranges::upper_bound(curve, update, {}, &Validations::value_type::first);
      if (later != curve.begin()) values.push_back(std::prev(later)->second);
    }
    if (!values.empty()) points.push_back({static_cast<double>(update), median(values)});
  }
  return points;
}

void put_curves(const SweepResult& result, json& charts) {
  const auto& settings = result.summary.settings;
  LinesChart chart(
      "How they learnt",
      "The median over the seeds of every validation, of the best settings; a run that has stopped keeps "
      "its last value.",
      axis("update"), log_axis(result.summary.metric));
  for (std::size_t i = 0; i < std::min(settings.size(), most_curves); ++i)
    chart.add(settings[i].name, median_curve(result, settings[i]), {i % colours_of_page, 0});
  chart.set_wide();
  chart.put_into(charts);
}

json failures_section(const SweepResult& result) {
  json rows = json::array();
  for (const RunFigures& run : result.runs) {
    if (!run.done && rows.size() < most_rows) rows.push_back({run.run.name, run.error});
  }
  if (rows.empty()) return nullptr;
  return {{"title", "Failed"}, {"facts", {{"columns", {"run", "why"}}, {"rows", std::move(rows)}}}};
}

}  // namespace

json sweep_page(const SweepResult& result) {
  json charts = json::array();
  put_runs(result, charts);
  put_curves(result, charts);
  json sections = json::array();
  for (json section_of_page :
       {settings_section(result), section("Runs", "", std::move(charts)), failures_section(result)}) {
    if (!section_of_page.is_null()) sections.push_back(std::move(section_of_page));
  }
  return {
      {"title", "Sweep of " + result.task},
      {"subtitle", fmt::format("{} settings, {} runs{}.", result.plan.settings.size(), result.plan.count(),
                               result.left == 0 ? "" : fmt::format(", of which {} are left", result.left))},
      {"made_by", fmt::format("carousel sweep --config {}/sweep.toml", result.folder)},
      {"sections", std::move(sections)}};
}

}  // namespace carousel::cli
