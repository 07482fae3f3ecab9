// The recurrent matrices in the report: eigenvalues on the complex plane, spectral radii and norms.
#include <map>

#include "report/field.h"
#include "report/states.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

/// "forget", or "forget, layer 1 reverse"; "W_hh" where a cell has one block only, without a name.
std::string block_name(const json& block) {
  const std::string gate = block.value("gate", "");
  return fmt::format("{}, {}", gate.empty() ? "W_hh" : gate, layer_name(block));
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
        const bool before = state.before();
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
        const std::size_t at = state.before() ? 1 : 2;
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

json matrices_section(const Runs& runs) {
  json matrices = section("Recurrent matrices",
                          "Eigenvalues of each block of W_hh on the complex plane, beside the unit circle.",
                          eigenvalue_charts(runs), notes_of(runs));
  if (matrices.is_object() && !matrices["charts"].empty()) matrices["facts"] = radius_table(runs);
  return matrices;
}

}  // namespace carousel::cli
