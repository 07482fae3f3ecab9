#include "sweep/figures.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/io/file.h"

#include "options/toml.h"
#include "runs/run_record.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool reaches(double metric, double goal, bool lower_is_better) {
  return lower_is_better ? metric <= goal : metric >= goal;
}

std::optional<double> stop_at(const fs::path& config) {
  for (const Given& given : read_toml(config)) {
    if (given.name == "stop-at" || given.name == "target") return parse_number<double>(given.text);
  }
  return {};
}

/// Calls `row(update, seconds, metric)` for every update in metrics.csv; NaN where the row has none.
template <class Row> void read_updates(const fs::path& file, Row row) {
  const std::string content = read_file(file);
  const auto lines = split_lines(content);
  if (lines.empty())
    throw Error(fmt::format("'{}' is empty: delete the run, and start again", file.string()));
  const auto names = split(lines.front(), ',');
  const auto column = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  };
  const std::size_t update = column("update"), seconds = column("seconds"), metric = column("valid_metric");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto cells = split(lines[i], ',');
    const auto number = [&](std::size_t place) {
      const auto value = place < cells.size() ? parse_number<double>(cells[place]) : std::nullopt;
      return value.value_or(std::numeric_limits<double>::quiet_NaN());
    };
    if (cells.size() == names.size())
      row(static_cast<std::int64_t>(number(update)), number(seconds), number(metric));
  }
}

/// Time and the way to the goal.
void add_updates(const fs::path& file, RunFigures& figures) {
  read_updates(file, [&](std::int64_t update, double seconds, double metric) {
    if (std::isfinite(seconds)) figures.seconds += seconds;
    if (!figures.goal || figures.goal_update || !reaches(metric, *figures.goal, figures.lower_is_better))
      return;
    figures.goal_update = update;
    figures.goal_seconds = figures.seconds;
  });
}

}  // namespace

RunState state_of(const fs::path& run) {
  std::error_code ignored;
  if (!fs::exists(run / "meta.json", ignored)) return RunState::missing;
  const json meta = read_json(run / "meta.json");
  if (!meta.contains("task")) return RunState::missing;  // made, and not begun
  const std::string reason = meta.contains("result") ? meta["result"].value("reason", "") : "";
  return reason.empty() || reason == "stopped" || reason == "failed" ? RunState::unfinished : RunState::done;
}

RunFigures read_figures(const fs::path& folder, const SweepRun& run, std::optional<double> goal) {
  const fs::path meta = folder / run.name / "meta.json";
  RunFigures figures{.run = run, .done = true};
  try {
    const json result = read_json(meta).at("result");
    figures.reason = result.at("reason");
    figures.updates = result.at("updates");
    figures.metric_name = result.at("metric_name");
    figures.baseline = result.at("baseline");
    figures.lower_is_better = result.at("lower_is_better");
    if (result.at("verdict").is_string()) figures.verdict = result["verdict"];
    if (const json& best = result.at("best"); best.is_object()) {
      figures.metric = best.at("metric");
      figures.loss = best.at("loss");
      figures.best_update = best.at("update");
    }
  } catch (const json::exception&) {
    throw Error(fmt::format("'{}' does not have the form Carousel writes: delete the run, and start again",
                            meta.string()));
  }
  figures.goal = goal ? goal : stop_at(folder / run.name / "config.toml");
  add_updates(folder / run.name / "metrics.csv", figures);
  figures.learnt = figures.goal ? figures.goal_update.has_value()
                                : figures.metric && *figures.metric != figures.baseline &&
                                      reaches(*figures.metric, figures.baseline, figures.lower_is_better);
  return figures;
}

Validations read_validations(const fs::path& folder, const SweepRun& run) {
  Validations validations;
  read_updates(folder / run.name / "metrics.csv", [&](std::int64_t update, double, double metric) {
    if (std::isfinite(metric)) validations.emplace_back(update, metric);
  });
  return validations;
}

}  // namespace carousel::cli
