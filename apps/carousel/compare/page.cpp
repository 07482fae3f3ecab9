#include "compare/page.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "compare/details.h"
#include "compare/figures.h"
#include "compare/tables.h"
#include "compare/text.h"
#include "compare/verdict.h"
#include "report/chart.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t solid = 0, dashed = 1, colours = 8;

/// Both sides of a quantity: a colour a line, Carousel solid and PyTorch dashed over it.
void add_pair(LinesChart& chart, const std::string& name, const Pair& pair, std::size_t colour,
              bool log = false) {
  const auto shown = [&](const std::vector<double>& values) {
    return log ? positive(over_steps(values)) : over_steps(values);
  };
  chart.add(name + ", Carousel", shown(pair.ours), {colour % colours, solid});
  chart.add(name + ", PyTorch", shown(pair.reference), {colour % colours, dashed});
}

/// A check's differences as powers of ten, beside its tolerance.
void add_differences(LinesChart& chart, const std::string& name, const Check* check, Look look) {
  if (check == nullptr) return;
  ChartPoints points = positive(over_steps(check->difference.each));
  for (ChartPoint& point : points) point.y = std::log10(point.y);
  chart.add(name, points, look);
}

const Check* check_of(const std::vector<Check>& checks, Quantity quantity, const std::string& name) {
  const auto found = std::ranges::find_if(
      checks, [&](const Check& check) { return check.quantity == quantity && check.name == name; });
  return found == checks.end() ? nullptr : &*found;
}

json facts_of(const Table& table) {
  return {{"columns", table.front()}, {"rows", std::vector(table.begin() + 1, table.end())}};
}

json verdict_section(const std::vector<Comparison>& comparisons) {
  const CompareVerdict verdict = judge(comparisons);
  return {{"title", "Verdict"},
          {"verdicts",
           {{{"verdict", verdict.equal ? "Equal" : "Mismatch"},
             {"level", verdict.equal ? "good" : "bad"},
             {"sentence", verdict.sentence}}}}};
}

/// Trainings of one group share their charts: those under the configured schedule, and those under others.
json training_section(const Comparison& comparison, bool scaled, const std::string& title,
                      const std::string& text) {
  LinesChart loss("Loss", "Two lines of a colour lie on top of each other where both sides train alike.",
                  axis("update"), log_axis("loss"));
  LinesChart apart("Difference of the losses", "Relative, update by update; an exact zero cannot be drawn.",
                   axis("update"), power_axis("relative difference"));
  LinesChart norms("Gradient norm before clipping", "", axis("update"), log_axis("norm"));
  LinesChart rates("Learning rate", "", axis("update"), axis("rate"));
  std::size_t colour = 0;
  for (const Trajectory& t : comparison.trajectories) {
    if (t.how.scaled != scaled) continue;
    const std::string name = scaled ? t.how.schedule : t.how.optimiser;
    add_pair(loss, name, t.losses, colour, true);
    add_pair(norms, name, t.clip_norms, colour, true);
    if (scaled) add_pair(rates, name, t.rates, colour);
    add_differences(apart, name, check_of(t.checks, Quantity::losses, t.how.name()),
                    {colour % colours, solid});
    ++colour;
  }
  if (!apart.empty())
    apart.add_limit(std::log10(tolerance(Quantity::losses, comparison.is_double)), "tolerance");
  json charts = json::array();
  for (LinesChart* chart : {&loss, &apart, &norms, &rates}) chart->put_into(charts);
  return section(title, text, std::move(charts));
}

json steps_section(const Comparison& comparison) {
  json charts = json::array();
  LinesChart apart("Difference of the norms", "Relative to the largest state's norm at the step.",
                   axis("time step"), power_axis("relative difference"));
  std::size_t colour = 0;
  std::vector<LayerId> layers;
  for (const StepCurve& curve : comparison.curves) {
    if (std::ranges::find(layers, curve.id) == layers.end()) layers.push_back(curve.id);
  }
  for (const LayerId id : layers) {
    LinesChart chart("Gradient over time, " + layer_name(id),
                     "Norm of dL/d(state) at every step, on its way back from right to left.",
                     axis("time step"), log_axis("norm"));
    std::size_t line = 0;
    for (const StepCurve& curve : comparison.curves) {
      if (!(curve.id == id)) continue;
      add_pair(chart, curve.state, curve.norms, line++, true);
      const std::string name = curve_name(curve);
      add_differences(apart, name, check_of(comparison.checks, Quantity::step_norms, name),
                      {colour % colours, colour / colours});
      ++colour;
    }
    chart.put_into(charts);
  }
  if (!apart.empty())
    apart.add_limit(std::log10(tolerance(Quantity::step_norms, comparison.is_double)), "tolerance");
  apart.put_into(charts);
  return section("Gradient at every time step",
                 "The first batch: hooks in an explicit loop on Python's side.", std::move(charts));
}

void add_single(const Comparison& comparison, json& sections) {
  json batch{{"title", "First batch"},
             {"text", fmt::format("{}; weights: {}. PyTorch's side is {}.", comparison.title,
                                  comparison.start, comparison.layer)},
             {"facts", facts_of(first_batch_table(comparison))},
             {"notes", comparison.notes}};
  sections.push_back(std::move(batch));
  sections.push_back(
      {{"title", "Gradient of every parameter"}, {"facts", facts_of(parameters_table(comparison))}});
  json trainings{
      {"title", "Trainings"},
      {"text",
       fmt::format("{} updates each; the largest relative differences.{}", comparison.updates,
                   comparison.speed ? " On this machine " + speed_text(*comparison.speed) + "." : "")},
      {"facts", facts_of(trajectory_table(comparison))}};
  sections.push_back(std::move(trainings));
  sections.push_back(
      training_section(comparison, false, "Optimisers", "Every optimiser under the configured schedule."));
  sections.push_back(
      training_section(comparison, true, "Schedules",
                       "The other schedules, with a warm-up and falls that fit in so few updates."));
  sections.push_back(steps_section(comparison));
}

}  // namespace

json comparison_page(const std::vector<Comparison>& comparisons, const std::string& sides,
                     const std::string& made_by) {
  json sections{verdict_section(comparisons)};
  if (comparisons.size() == 1) {
    add_single(comparisons.front(), sections);
  } else {
    Table table = networks_table(comparisons);
    const auto& above = table.front();
    for (std::size_t c = 1; c < table[1].size(); ++c)  // one line of names in place of two
      table[1][c] = above[c].empty() ? fmt::format("{}{}", table[1][c].empty() ? "" : "in ", table[1][c])
                                     : above[c] + " " + table[1][c];
    table.erase(table.begin());
    table.front().front() = "network";
    sections.push_back({{"title", "Networks"},
                        {"text", "The largest relative differences."},
                        {"facts", facts_of(table)},
                        {"notes", networks_notes(comparisons)}});
  }
  sections.erase(std::remove(sections.begin(), sections.end(), json()), sections.end());
  return {{"title", comparisons.size() == 1 ? "Carousel and PyTorch: " + comparisons.front().cell
                                            : "Carousel and PyTorch"},
          {"subtitle", sides.substr(0, sides.find('\n')) + "."},
          {"made_by", made_by},
          {"sections", std::move(sections)}};
}

}  // namespace carousel::cli
