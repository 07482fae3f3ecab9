// Sections of the report that show the gradient's way back: its reach, the heat maps, the gates.
#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "report/chart.h"
#include "report/field.h"
#include "report/sections.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// log10 |dL/dh| of a layer, of the last step's loss alone where that was recorded.
std::vector<double> curve_of(const json& layer) {
  const char* key = layer.contains("log10_dh_last_loss") ? "log10_dh_last_loss" : "log10_dh";
  return layer.contains(key) ? numbers_of(layer[key]) : std::vector<double>();
}

/// The last layer that runs forwards: in a reverse one an error enters at the first step.
const json& last_layer(const json& record) {
  const json& layers = record.at("layers");
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    if (layer->value("direction", "forward") == "forward") return *layer;
  }
  return layers.back();
}

/// dh over updates: of metrics.jsonl, or for an older run what norms.jsonl says of the last layer.
ChartPoints reach_of(const RunRecords& run) {
  if (const ChartPoints& recorded = run.update_column("dh_log10"); !recorded.empty()) return recorded;
  return reading(run.norms_path(), [&] {
    ChartPoints points;
    for (const json& record : run.flow) {
      if (record.at("layers").empty()) continue;
      const std::vector<double> curve = curve_of(last_layer(record));
      if (!curve.empty()) points.push_back({record["update"], curve.front() - curve.back()});
    }
    return points;
  });
}

double mean_of(const std::vector<double>& values) {
  double sum = 0.0, count = 0.0;
  for (const double value : values) {
    if (std::isfinite(value)) sum += value, ++count;
  }
  return count > 0.0 ? sum / count : nothing;
}

/// Means over the time steps of a gate of one layer, at the recorded updates.
ChartPoints gate_means(const RunRecords& run, std::size_t layer, const std::string& gate) {
  return reading(run.norms_path(), [&] {
    ChartPoints points;
    for (const json& record : run.flow) {
      const json& layers = record.at("layers");
      if (layer < layers.size() && layers[layer].contains("gates") && layers[layer]["gates"].contains(gate))
        points.push_back({record["update"], mean_of(numbers_of(layers[layer]["gates"][gate]))});
    }
    return points;
  });
}

ChartPoints keep_means(const RunRecords& run) {
  if (const ChartPoints& recorded = run.update_column("keep_gate"); !recorded.empty()) return recorded;
  const std::size_t layers = run.flow.empty() ? 0 : run.flow.front().at("layers").size();
  if (run.keep_gate.empty() || layers == 0) return {};
  return gate_means(run, layers - 1, run.keep_gate);
}

ChartPoints memory_of(const RunRecords& run) {
  if (const ChartPoints& recorded = run.update_column("memory_steps"); !recorded.empty())
    return positive(recorded);
  ChartPoints points = keep_means(run);
  for (ChartPoint& point : points) point.y = -1.0 / std::log(point.y);
  return positive(points);
}

void add_reach(const Runs& runs, json& charts) {
  LinesChart chart("Reach of the gradient",
                   "|dL/dh| at the first time step over that at the last: 1 carries the error whole; below "
                   "10\u207b\u2076 the far past is hardly learnt. Gaps: the gradient underflowed to zero.",
                   axis("update"), power_axis("|dL/dh first| / |dL/dh last|"));
  for (std::size_t r = 0; r < runs.size(); ++r)
    chart.add(line_name(runs, r, "dh, last layer"), reach_of(runs[r]), look(runs, r, 0));
  if (!chart.empty()) chart.add_limit(0.0, "carried whole");
  chart.put_into(charts);
}

/// The first and the last recorded curve over time steps.
void add_curves(const Runs& runs, json& charts) {
  LinesChart chart("Gradient over time steps",
                   "An error enters at the last step, on the right, and travels to the left; "
                   "a straight fall is a constant factor a step.",
                   axis("time step"), power_axis("|dL/dh|, last layer"));
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (runs[r].flow.empty()) continue;
    reading(runs[r].norms_path(), [&] {
      const json *first = &runs[r].flow.front(), *last = &runs[r].flow.back();
      for (const json* record : first == last ? std::vector{last} : std::vector{first, last}) {
        if (record->at("layers").empty()) continue;
        const std::size_t line = record == last && first != last ? 0 : 1;
        chart.add(line_name(runs, r, fmt::format("update {}", (*record)["update"].get<std::int64_t>())),
                  over_steps(curve_of(last_layer(*record))), {look(runs, r, 0).colour, line});
      }
      return 0;
    });
  }
  chart.put_into(charts);
}

void add_keep_gate(const Runs& runs, json& charts) {
  LinesChart keep("Keep gate",
                  "Mean of the gate that keeps the memory: 1 keeps everything, 0.5 forgets half a step.",
                  axis("update"), bounded_axis("mean of the keep gate", 0.0, 1.0));
  LinesChart memory("Memory time",
                    "-1 / ln(keep gate): the steps after which a memory has fallen to 37 %; compare it with "
                    "the length of the sequences.",
                    axis("update"), log_axis("memory", "steps"));
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const std::string name = runs[r].keep_gate.empty() ? "keep gate" : runs[r].keep_gate + " gate";
    keep.add(line_name(runs, r, name), keep_means(runs[r]), look(runs, r, 0));
    memory.add(line_name(runs, r, "memory"), memory_of(runs[r]), look(runs, r, 0));
  }
  keep.put_into(charts);
  memory.put_into(charts);
}

json notes_on_missing_records(const Runs& runs) {
  json notes = json::array();
  for (const RunRecords& run : runs) {
    if (run.flow.empty())
      notes.push_back(
          fmt::format("{} recorded no time steps: carousel train with --flow-every 100u does.", run.name));
  }
  return notes;
}

void add_saturation(const Runs& runs, json& charts) {
  LinesChart chart("Saturation",
                   "Share of a gate's activations at their limits, where they pass hardly any gradient.",
                   axis("update"), share_axis("share saturated"));
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::size_t gate = 0;
    for (const auto& [key, points] : runs[r].updates) {
      if (key.starts_with("saturated/"))
        chart.add(line_name(runs, r, key.substr(key.find('/') + 1)), points, look(runs, r, gate++));
    }
  }
  chart.put_into(charts);
}

std::set<std::string> gates_of(const json& layer) {
  std::set<std::string> names;
  if (!layer.contains("gates")) return names;
  for (const auto& [name, values] : layer["gates"].items()) names.insert(name);
  return names;
}

void add_gate_means(const Runs& runs, json& charts) {
  LinesChart chart(
      "Mean activations",
      "Means over time steps, units and sequences at the recorded updates; candidates (tanh) lie around 0.",
      axis("update"), axis("mean activation"));
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (runs[r].flow.empty()) continue;
    std::size_t line = 0;
    const json& layers = reading(runs[r].norms_path(), [&] { return runs[r].flow.front().at("layers"); });
    for (std::size_t l = 0; l < layers.size(); ++l) {
      if (runs.size() > 1 && l + 1 < layers.size()) continue;  // of several runs the last layers only
      const std::string where = layers.size() > 1 ? fmt::format(" {}", layer_name(layers[l])) : "";
      for (const std::string& gate : gates_of(layers[l]))
        chart.add(line_name(runs, r, gate + where), gate_means(runs[r], l, gate), look(runs, r, line++));
    }
  }
  chart.put_into(charts);
}

}  // namespace

json reach_section(const Runs& runs) {
  json charts = json::array();
  add_reach(runs, charts);
  add_curves(runs, charts);
  add_keep_gate(runs, charts);
  return section("Reach",
                 "How much of an error at the end of a sequence arrives at its beginning, and how long the "
                 "cell remembers.",
                 std::move(charts), notes_on_missing_records(runs));
}

json fields_section(const Runs& runs) {
  return section("Gradient maps",
                 "Every column is one recorded update, every row a time step; an error enters at the top and "
                 "travels down. "
                 "Maps of the same quantity share one scale.",
                 field_charts(runs));
}

json gates_section(const Runs& runs) {
  json charts = json::array();
  add_saturation(runs, charts);
  add_gate_means(runs, charts);
  return section("Gates", "Gates at their limits are closed to gradients as well.", std::move(charts));
}

}  // namespace carousel::cli
