// Sections of the report that come from flow/analysis.json, which `carousel flow RUN` writes.
#include <algorithm>
#include <cmath>
#include <map>

#include "cli/report_chart.h"
#include "cli/report_field.h"
#include "cli/report_sections.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

/// One of the two states of a run that are compared.
struct State {
  std::size_t run;
  const char* name;  ///< "before" or "after"
  const json* figures;
  std::size_t dash;
};

std::vector<State> states_of(const Runs& runs) {
  std::vector<State> states;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const json& analysis = runs[r].analysis;
    if (!analysis.is_object()) continue;
    for (const auto& [key, name, dash] :
         {std::tuple("initial", "before", std::size_t{1}), std::tuple("trained", "after", std::size_t{0})}) {
      if (analysis.contains(key) && analysis[key].is_object())
        states.push_back({r, name, &analysis[key], dash});
    }
  }
  return states;
}

const json& list_of(const State& state, const char* key) {
  static const json nothing = json::array();
  const auto found = state.figures->find(key);
  return found == state.figures->end() || found->is_null() ? nothing : *found;
}

std::string state_name(const Runs& runs, const State& state, const std::string& what = "") {
  return line_name(runs, state.run, what.empty() ? state.name : fmt::format("{}, {}", what, state.name));
}

bool one_layer(const State& state, const char* key) {
  return list_of(state, key).size() < 2;
}

/// One line for each layer of each state, from the list `key`: colour by run, else by layer; dashed is
/// before.
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

/// "forget", or "forget, layer 1 reverse"; "W_hh" where a cell has one block only, without a name.
std::string block_name(const json& block) {
  const std::string gate = block.value("gate", "");
  return fmt::format("{}, {}", gate.empty() ? "W_hh" : gate, layer_name(block));
}

double number_or_nan(const json& entry, const char* key) {
  return entry.contains(key) && !entry[key].is_null() ? entry[key].get<double>() : std::nan("");
}

json eigenvalue_charts(const Runs& runs) {
  std::vector<std::string> order;
  std::map<std::string, json> series;
  for (const State& state : states_of(runs)) {
    reading(runs[state.run].analysis_path(), [&] {
      for (const json& block : list_of(state, "blocks")) {
        const std::string title = block_name(block);
        if (!series.contains(title)) order.push_back(title);
        json points = json::array();
        for (const json& value : block.at("eigenvalues"))
          points.push_back({short_number(value.at(0)), short_number(value.at(1))});
        const bool before = state.dash == 1;
        series[title].push_back({{"name", state_name(runs, state)},
                                 {"role", before ? "before" : ""},
                                 {"colour", runs.size() > 1 ? state.run
                                            : before        ? 7u
                                                            : 0u},
                                 {"points", std::move(points)}});
      }
      return 0;
    });
  }
  json charts = json::array();
  for (const std::string& title : order) {
    charts.push_back({{"kind", "plane"},
                      {"title", title_text(title)},
                      {"series", series[title]},
                      {"how", "Outside the circle a component grows from step to step, inside it fades."}});
  }
  return charts;
}

/// A row a block and run: its spectral radius and norm, before and after training.
json radius_table(const Runs& runs) {
  std::map<std::pair<std::string, std::size_t>, json> rows;
  for (const State& state : states_of(runs)) {
    reading(runs[state.run].analysis_path(), [&] {
      for (const json& block : list_of(state, "blocks")) {
        const std::string name = block_name(block);
        json& row = rows[{name, state.run}];
        if (row.is_null()) row = {line_name(runs, state.run, name), nullptr, nullptr, nullptr, nullptr};
        const std::size_t at = state.dash == 1 ? 1 : 2;
        row[at] = short_number(number_or_nan(block, "spectral_radius"));
        row[at + 2] = short_number(number_or_nan(block, "sigma_max"));
      }
      return 0;
    });
  }
  json list = json::array();
  for (auto& [key, row] : rows) list.push_back(std::move(row));
  return {{"columns",
           {"block of W_hh", "spectral radius before", "after", "largest singular value before", "after"}},
          {"rows", std::move(list)}};
}

void add_curves(const Runs& runs, json& charts) {
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

json notes_of(const Runs& runs) {
  json notes = json::array();
  for (const RunRecords& run : runs) {
    if (run.analysis.is_null())
      notes.push_back(
          fmt::format("{} has no eigenvalues, Lyapunov exponents, lags and truncation bias yet: carousel "
                      "flow {} computes them; "
                      "then report again.",
                      run.name, run.path.string()));
  }
  for (const State& state : states_of(runs)) {
    reading(runs[state.run].analysis_path(), [&] {
      for (const json& note : list_of(state, "notes"))
        notes.push_back(state_name(runs, state) + ": " + note.get<std::string>());
      return 0;
    });
  }
  return notes;
}

}  // namespace

json analysis_sections(const Runs& runs) {
  for (const RunRecords& run : runs) {
    if (!run.analysis.is_null())
      reading(run.analysis_path(), [&] { return run.analysis.at("trained").at("curves").size(); });
  }
  json sections = json::array();
  json matrices = section("Recurrent matrices",
                          "Eigenvalues of each block of W_hh on the complex plane, beside the unit circle.",
                          eigenvalue_charts(runs), notes_of(runs));
  if (matrices.is_object() && !matrices["charts"].empty()) matrices["facts"] = radius_table(runs);
  if (matrices.is_object()) sections.push_back(std::move(matrices));
  json charts = json::array();
  add_curves(runs, charts);
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
