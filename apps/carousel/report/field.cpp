#include "report/field.h"

#include <algorithm>
#include <cmath>

#include "report/chart.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t maps_at_full_size = 6;
constexpr std::size_t cells_of_many_maps = 110;

/// A quantity: its values of every time step in an entry of norms.jsonl.
struct Quantity {
  std::string title, name, key;  ///< key: of the entry, or of its gates
  bool is_gate = false;

  std::vector<double> values(const json& layer) const {
    const json from = is_gate ? layer.value("gates", json::object()) : layer;
    return from.contains(key) ? numbers_of(from[key]) : std::vector<double>();
  }
};

struct Field {
  const RunRecords* run;
  std::string layer;
  std::vector<double> updates;
  std::vector<std::vector<double>> columns;
};

/// dL/dh first, then the other states; with a loss at every step that of the last step's loss alone before the sum.
std::vector<Quantity> quantities(const Runs& runs) {
  const std::string start = "log10_d", last_loss = "_last_loss";
  std::vector<Quantity> found;
  for (const RunRecords& run : runs) {
    if (run.flow.empty()) continue;
    for (const json& layer : run.flow.back().at("layers")) {
      for (const auto& [key, values] : layer.items()) {
        const bool known =
            std::ranges::any_of(found, [&name = key](const Quantity& q) { return q.key == name; });
        if (known || !key.starts_with(start)) continue;
        const bool alone = key.ends_with(last_loss);
        const std::string state =
            key.substr(start.size(), key.size() - start.size() - (alone ? last_loss.size() : 0));
        const std::string name = fmt::format("|dL/d{}|", state);
        found.push_back({name + (alone ? ", loss of the last step alone" : ""), name, key});
      }
    }
  }
  const auto rank = [](const Quantity& q) { return std::pair(!q.key.starts_with("log10_dh"), q.key.size()); };
  std::ranges::stable_sort(found, {}, rank);
  return found;
}

std::vector<Quantity> keep_gates(const Runs& runs) {
  std::vector<Quantity> found;
  for (const RunRecords& run : runs) {
    const bool known = std::ranges::any_of(found, [&](const Quantity& q) { return q.key == run.keep_gate; });
    if (!known && !run.keep_gate.empty())
      found.push_back({"Keep gate (" + run.keep_gate + ")", run.keep_gate + " gate", run.keep_gate, true});
  }
  return found;
}

/// A map a layer of the run that has the quantity.
std::vector<Field> fields_of(const RunRecords& run, const Quantity& quantity) {
  std::vector<Field> fields;
  const std::size_t layers = run.flow.empty() ? 0 : run.flow.back().at("layers").size();
  for (std::size_t l = 0; l < layers; ++l) {
    Field field{&run, layers > 1 ? layer_name(run.flow.back()["layers"][l]) : "", {}, {}};
    for (const json& record : run.flow) {
      if (record.at("layers").size() != layers) continue;
      std::vector<double> column = quantity.values(record["layers"][l]);
      if (column.empty()) continue;
      field.updates.push_back(record["update"]);
      field.columns.push_back(std::move(column));
    }
    if (!field.columns.empty()) fields.push_back(std::move(field));
  }
  return fields;
}

std::pair<double, double> limits_of(const std::vector<Field>& fields) {
  double low = INFINITY, high = -INFINITY;
  for (const Field& field : fields) {
    for (const auto& column : field.columns) {
      for (const double value : column) {
        if (!std::isfinite(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
  }
  return low <= high ? std::pair(low, high) : std::pair(0.0, 1.0);
}

/// A gate with two decimals less, a gradient with a hundredth of a power of ten: as much as a colour shows.
json cell(double value, bool is_gate) {
  const double digits = is_gate ? 1000.0 : 100.0;
  return std::isfinite(value) ? json(std::round(value * digits) / digits) : json();
}

std::string note_on_thinning(std::size_t updates, std::size_t all_updates, std::size_t steps,
                             std::size_t all_steps) {
  if (updates == all_updates && steps == all_steps) return "";
  return fmt::format("Thinned: {} of {} recorded updates and {} of {} time steps are shown.", updates,
                     all_updates, steps, all_steps);
}

json heat_chart(const Field& field, const Quantity& quantity, const std::string& title,
                std::pair<double, double> limits, std::size_t most) {
  std::size_t steps = 0;
  for (const auto& column : field.columns) steps = std::max(steps, column.size());
  const std::vector<std::size_t> updates = evenly(field.columns.size(), most), rows = evenly(steps, most);
  json x = axis("update"), y = axis("time step"), columns = json::array();
  for (const std::size_t row : rows) y["values"].push_back(row + 1);
  for (const std::size_t u : updates) {
    x["values"].push_back(short_number(field.updates[u]));
    json column = json::array();
    for (const std::size_t row : rows) {
      const auto& values = field.columns[u];
      if (row < values.size()) column.push_back(cell(values[row], quantity.is_gate));
    }
    columns.push_back(std::move(column));
  }
  json value = quantity.is_gate ? axis(quantity.name) : power_axis(quantity.name);
  value["min"] = short_number(quantity.is_gate ? 0.0 : limits.first);
  value["max"] = short_number(quantity.is_gate ? 1.0 : limits.second);
  value["scale"] = quantity.is_gate ? "gate" : "gradient";
  value["missing"] = quantity.is_gate ? "no value" : "no gradient: it underflowed to zero";
  std::string how =
      quantity.is_gate ? "Light keeps, dark forgets; rows that differ are steps the cell treats differently."
      : field.layer.ends_with("reverse")
          ? "Light is large; this layer runs backwards, and an error travels upwards in it."
          : "Light is large; a map that darkens downwards is a gradient that dies on its way back.";
  json chart{{"kind", "heat"},
             {"title", title},
             {"how", how},
             {"x", std::move(x)},
             {"y", std::move(y)},
             {"value", std::move(value)},
             {"columns", std::move(columns)}};
  const std::size_t all = most < field.columns.size() || field.run->flow_lines > field.run->flow.size()
                              ? field.run->flow_lines
                              : updates.size();
  if (const std::string note = note_on_thinning(updates.size(), all, rows.size(), steps); !note.empty())
    chart["thinned"] = note;
  return chart;
}

}  // namespace

std::string layer_name(const json& layer) {
  const bool reverse = layer.value("direction", "forward") == "reverse";
  return fmt::format("layer {}{}", layer.at("layer").get<int>(), reverse ? " reverse" : "");
}

json field_charts(const Runs& runs) {
  std::vector<std::pair<Quantity, std::vector<Field>>> groups;
  std::size_t maps = 0;
  for (const auto& wanted : {quantities(runs), keep_gates(runs)}) {
    for (const Quantity& quantity : wanted) {
      groups.push_back({quantity, {}});
      for (const RunRecords& run : runs) {
        auto more = reading(run.norms_path(), [&] { return fields_of(run, quantity); });
        maps += more.size();
        std::ranges::move(more, std::back_inserter(groups.back().second));
      }
    }
  }
  json charts = json::array();
  for (const auto& [quantity, fields] : groups) {
    for (const Field& field : fields) {
      std::string title = quantity.title;
      if (!field.layer.empty()) title += ", " + field.layer;
      if (runs.size() > 1) title += ", " + field.run->name;
      charts.push_back(heat_chart(field, quantity, title, limits_of(fields),
                                  maps > maps_at_full_size ? cells_of_many_maps : most_cells));
    }
  }
  return charts;
}

}  // namespace carousel::cli
