// Sections of the report that come from flow/analysis.json, which `carousel flow RUN` writes.
#include <algorithm>
#include <cmath>

#include "report/chart.h"
#include "report/field.h"
#include "report/sections.h"
#include "report/states.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

bool one_layer(const State& state, const char* key) {
  return list_of(state, key).size() < 2;
}

/// One line for each layer of each state, from the list `key`: colour by run, else by layer; dashed is before.
template <class Points>
LinesChart layer_lines(const Runs& runs, const char* key, LinesChart chart, Points points) {
  for (const State& state : states_of(runs)) {
    reading(runs[state.run].analysis_path(), [&] {
      std::size_t layer = 0;
      for (const json& entry : list_of(state, key)) {
        const std::string what = one_layer(state, key) ? "" : layer_name(entry);
        const std::size_t colour = runs.size() > 1 ? state.run : layer;
        chart.add(state_name(runs, state, what), points(entry),
                  {colour, state.dash + (runs.size() > 1 ? 2 * layer : 0)});
        ++layer;
      }
      return 0;
    });
  }
  return chart;
}

void add_trained_curves(const Runs& runs, json& charts) {
  std::vector<std::string> names;
  for (const State& state : states_of(runs)) {
    reading(runs[state.run].analysis_path(), [&] {
      for (const json& curve : list_of(state, "curves")) {
        for (const auto& [name, values] : curve.at("last_loss").items()) {
          if (std::ranges::find(names, name) == names.end()) names.push_back(name);
        }
      }
      return 0;
    });
  }
  std::ranges::stable_sort(
      names, [](const std::string& a, const std::string& b) { return (a == "h") > (b == "h"); });
  for (const std::string& name : names) {
    LinesChart chart(
        fmt::format("|dL/d{}| of the last step's loss", name),
        "Before and after training, on the same sequences: how far the error of the last step alone travels.",
        axis("time step"), power_axis(fmt::format("|dL/d{}|", name)));
    layer_lines(runs, "curves", std::move(chart), [&](const json& curve) {
      return curve["last_loss"].contains(name) ? over_steps(numbers_of(curve["last_loss"][name]))
                                               : ChartPoints();
    }).put_into(charts);
  }
}

void add_spectra(const Runs& runs, json& charts) {
  layer_lines(runs, "lyapunov",
              LinesChart("Lyapunov spectrum",
                         "Mean growth of a small change in nats a step, by direction: at 0 it lasts, "
                         "far below 0 it is forgotten, above 0 the network is chaotic.",
                         axis("direction, by size"), axis("exponent", "nats a step")),
              [](const json& entry) { return over_steps(numbers_of(entry.at("exponents"))); })
      .put_into(charts);
  layer_lines(
      runs, "jacobians",
      LinesChart(
          "Singular values across time",
          "Gain of the state's Jacobian over all steps, by direction; values lost in rounding are left out.",
          axis("direction, by size"), power_axis("singular value")),
      [](const json& entry) {
        std::vector<double> values = numbers_of(entry.at("log10_singular_values"));
        values.resize(std::min<std::size_t>(values.size(), entry.value("resolved", values.size())));
        return over_steps(values);
      })
      .put_into(charts);
}

void add_lags(const Runs& runs, json& charts) {
  layer_lines(runs, "lags",
              LinesChart("Lags in the gradient of W_hh",
                         "Norm of what errors this many steps later add to dL/dW_hh: a steep fall learns the "
                         "near past only.",
                         axis("lag", "steps"), power_axis("norm of the contribution")),
              [](const json& entry) { return over_steps(numbers_of(entry.at("log10_norm")), 0.0); })
      .put_into(charts);
  layer_lines(runs, "lags",
              LinesChart("Share of each lag", "The same as shares of their sum.", axis("lag", "steps"),
                         share_axis("share")),
              [](const json& entry) { return over_steps(numbers_of(entry.at("share")), 0.0); })
      .put_into(charts);
}

ChartPoints truncation_points(const State& state, const char* key) {
  ChartPoints points;
  for (const json& entry : list_of(state, "truncation")) {
    points.push_back({entry.at("steps"), number_or_nan(entry, key)});
  }
  std::ranges::sort(points, {}, &ChartPoint::x);
  return points;
}

void add_truncation(const Runs& runs, json& charts) {
  LinesChart angle("Truncation: direction",
                   "Angle between the gradient cut after so many steps and the full one: at 0\u00b0 the cut "
                   "loses nothing.",
                   axis("truncated after", "steps"), axis("angle", "degrees"));
  LinesChart ratio("Truncation: length", "Norm of the truncated gradient over that of the full one.",
                   axis("truncated after", "steps"), axis("norm ratio"));
  for (const State& state : states_of(runs)) {
    reading(runs[state.run].analysis_path(), [&] {
      const Look look{runs.size() > 1 ? state.run : 0, state.dash};
      angle.add(state_name(runs, state), truncation_points(state, "angle_degrees"), look);
      ratio.add(state_name(runs, state), truncation_points(state, "norm_ratio"), look);
      return 0;
    });
  }
  if (!ratio.empty()) ratio.add_limit(1.0, "as the full one");
  angle.put_into(charts);
  ratio.put_into(charts);
}

json memory_table(const Runs& runs) {
  json rows = json::array();
  for (const State& state : states_of(runs)) {
    reading(runs[state.run].analysis_path(), [&] {
      for (const json& entry : list_of(state, "memory")) {
        json row = json::array({layer_name(entry), state_name(runs, state)});
        for (const double steps : numbers_of(entry.at("steps"))) row.push_back(short_number(steps));
        rows.push_back(std::move(row));
      }
      return 0;
    });
  }
  if (rows.empty()) return nullptr;
  return {{"columns", {"memory time in steps", "weights", "10 % of units below", "half below", "90 % below"}},
          {"rows", rows}};
}

}  // namespace

json analysis_sections(const Runs& runs) {
  for (const RunRecords& run : runs) {
    if (!run.analysis.is_null())
      reading(run.analysis_path(), [&] { return run.analysis.at("trained").at("curves").size(); });
  }
  json sections = json::array();
  if (json matrices = matrices_section(runs); matrices.is_object()) sections.push_back(std::move(matrices));
  json charts = json::array();
  add_trained_curves(runs, charts);
  add_spectra(runs, charts);
  add_lags(runs, charts);
  add_truncation(runs, charts);
  json through =
      section("Through time",
              "What the whole chain of steps does to an error, and what the gradient of W_hh is made of.",
              std::move(charts));
  if (json memory = memory_table(runs); through.is_object() && memory.is_object())
    through["facts"] = std::move(memory);
  if (through.is_object()) sections.push_back(std::move(through));
  return sections;
}

}  // namespace carousel::cli
