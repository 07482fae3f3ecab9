#include "sweep/result.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/text.h"

#include "options/option.h"
#include "terminal/csv_field.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t most_failures = 8, most_shown = 40;  // on the terminal

template <class Number> json or_null(const std::optional<Number>& value) {
  return value ? json(*value) : json(nullptr);
}

std::string short_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.4g}", *value) : "-";
}

std::string interval_text(const SettingSummary& setting, const Interval& interval) {
  return setting.metrics.size() > 1 ? fmt::format("{:.4g} to {:.4g}", interval.low, interval.high) : "-";
}

std::string verdicts_text(const SettingSummary& setting) {
  std::vector<std::string> parts;
  for (const auto& [verdict, count] : setting.verdicts)
    parts.push_back(count == setting.runs.size() ? verdict : fmt::format("{} {}", count, verdict));
  return join(parts);
}

std::size_t failed_runs(const SweepResult& result) {
  return static_cast<std::size_t>(std::ranges::count(result.runs, false, &RunFigures::done));
}

json setting_json(const SweepResult& result, const SettingSummary& setting) {
  json values = json::object();
  for (std::size_t i = 0; i < result.plan.options.size(); ++i)
    values[result.plan.options[i]] = result.plan.settings[setting.setting][i].shown;
  const bool has = setting.median.has_value();
  return {{"values", std::move(values)},
          {"runs", setting.runs.size()},
          {"failed", setting.failed},
          {"learnt", setting.learnt},
          {"median", or_null(setting.median)},
          {"min", has ? json(setting.range.low) : json(nullptr)},
          {"max", has ? json(setting.range.high) : json(nullptr)},
          {"median_95", has ? json{setting.sure.low, setting.sure.high} : json(nullptr)},
          {"like_best", setting.like_best},
          {"updates", or_null(setting.updates)},
          {"seconds", or_null(setting.seconds)},
          {"goal_updates", or_null(setting.goal_updates)},
          {"goal_seconds", or_null(setting.goal_seconds)},
          {"verdicts", setting.verdicts}};
}

template <class Number> std::string csv_number(const std::optional<Number>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::vector<std::string> csv_cells(const SweepResult& result, const RunFigures& run) {
  std::vector<std::string> cells{run.run.name};
  for (const SweepValue& value : result.plan.settings[run.run.setting]) cells.push_back(value.shown);
  cells.push_back(result.plan.seeds[run.run.seed].shown);
  if (!run.done) {
    cells.insert(cells.end(), {"failed", "", "", "", "", "", "", "", "", "", "", run.error});
    return cells;
  }
  const auto best = run.metric ? std::optional(run.best_update) : std::nullopt;
  cells.insert(cells.end(),
               {"done", run.reason, csv_number(run.metric), csv_number(run.loss), csv_number(best),
                fmt::format("{}", run.updates), number_text(run.seconds), run.learnt ? "1" : "0",
                csv_number(run.goal_update), csv_number(run.goal_seconds), run.verdict, ""});
  return cells;
}

std::string csv_line(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = csv_field(cell);
  return join(cells, ",") + "\n";
}

}  // namespace

TextTable settings_table(const SweepResult& result) {
  const SweepSummary& summary = result.summary;
  TextTable table{
      {"setting", "median", "smallest to largest", "95 % of the median", "learnt", "updates", "seconds"}};
  if (summary.has_goal) table.front().insert(table.front().end(), {"updates to goal", "seconds to goal"});
  table.front().insert(table.front().end(), {"failed", "verdicts"});
  for (const SettingSummary& setting : summary.settings) {
    std::vector<std::string> line{setting.name,
                                  short_text(setting.median),
                                  interval_text(setting, setting.range),
                                  interval_text(setting, setting.sure),
                                  fmt::format("{}/{}", setting.learnt, setting.runs.size()),
                                  short_text(setting.updates),
                                  short_text(setting.seconds)};
    if (summary.has_goal)
      line.insert(line.end(), {short_text(setting.goal_updates), short_text(setting.goal_seconds)});
    line.insert(line.end(), {fmt::format("{}", setting.failed), verdicts_text(setting)});
    table.push_back(std::move(line));
  }
  return table;
}

std::vector<std::string> failure_lines(const SweepResult& result) {
  std::vector<std::string> lines;
  for (const SettingSummary& setting : result.summary.settings) {
    const auto first = std::ranges::find(setting.runs, false, &RunFigures::done);
    if (first == setting.runs.end()) continue;
    const std::string others =
        setting.failed == 1 ? "" : fmt::format(" and {} more of its setting", setting.failed - 1);
    lines.push_back(fmt::format("{}{}: {}", (*first)->run.name, others, (*first)->error));
  }
  return lines;
}

std::string result_text(const SweepResult& result) {
  const SweepSummary& summary = result.summary;
  std::string text;
  if (!summary.settings.empty()) {
    TextTable table = settings_table(result);
    const std::size_t all = table.size() - 1;
    table.resize(std::min(table.size(), most_shown + 1));
    text += fmt::format("{} (validation, {} is better), over the seeds\n{}", summary.metric,
                        summary.lower_is_better ? "lower" : "higher", table_text(table, 1));
    if (all > most_shown) text += fmt::format("and {} more in sweep.csv\n", all - most_shown);
  }
  for (const std::string& sentence : summary.sentences) text += sentence + "\n";
  const auto failures = failure_lines(result);
  for (std::size_t i = 0; i < std::min(failures.size(), most_failures); ++i)
    text += "failed    " + failures[i] + "\n";
  if (failures.size() > most_failures)
    text += fmt::format("failed    {} more settings, in sweep.csv\n", failures.size() - most_failures);
  const std::size_t failed = failed_runs(result);
  text += fmt::format("runs      {} done, {} failed, {} left\n", result.runs.size() - failed, failed,
                      result.left);
  if (best_run(summary) != nullptr)
    text += fmt::format("best      {}, carousel train --config {}/best.toml\n", summary.settings.front().name,
                        result.folder);
  return text + fmt::format("sweep     {}\n", result.folder);
}

json result_json(const SweepResult& result) {
  const std::size_t failed = failed_runs(result);
  json settings = json::array(), failures = json::array();
  for (const SettingSummary& setting : result.summary.settings)
    settings.push_back(setting_json(result, setting));
  for (const RunFigures& run : result.runs) {
    if (!run.done) failures.push_back({{"run", run.run.name}, {"error", run.error}});
  }
  const RunFigures* best = best_run(result.summary);
  return {{"sweep", result.folder},
          {"task", result.task},
          {"options", result.plan.options},
          {"runs", result.runs.size() + result.left},
          {"done", result.runs.size() - failed},
          {"failed", failed},
          {"left", result.left},
          {"metric_name", result.summary.metric},
          {"lower_is_better", result.summary.lower_is_better},
          {"best", best == nullptr ? json(nullptr) : json(best->run.name)},
          {"sentences", result.summary.sentences},
          {"settings", std::move(settings)},
          {"failures", std::move(failures)}};
}

std::string result_csv(const SweepResult& result) {
  std::vector<std::string> names{"run"};
  names.insert(names.end(), result.plan.options.begin(), result.plan.options.end());
  names.insert(names.end(), {"seed", "state", "reason", "metric", "loss", "best_update", "updates", "seconds",
                             "learnt", "goal_updates", "goal_seconds", "verdict", "error"});
  std::string text = csv_line(std::move(names));
  for (const RunFigures& run : result.runs) text += csv_line(csv_cells(result, run));
  return text;
}

}  // namespace carousel::cli
