// What a sweep came to, as lines, JSON and CSV.
//
// sweep.json:
//   {"sweep": folder, "task", "options": [in which settings differ], "runs": count, "done", "failed", "left",
//    "metric_name", "lower_is_better", "best": name of a run or null, "sentences": [..],
//    "settings": [{"values": {option: text}, "runs": count, "failed", "learnt", "median", "min", "max",
//                  "median_95": [low, high], "like_best", "updates", "seconds", "goal_updates", "goal_seconds",
//                  "verdicts": {verdict: count}}], the best first,
//    "failures": [{"run", "error"}]}
//
// sweep.csv: a row a run, with columns run, one an option in which settings differ, seed, state (done, failed),
// reason, metric, loss, best_update, updates, seconds, learnt (0, 1), goal_updates, goal_seconds, verdict, error.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sweep/summary.h"
#include "terminal/text_table.h"

namespace carousel::cli {

/// All that is told of a sweep.
struct SweepResult {
  std::string folder, task;
  SweepPlan plan;
  std::vector<RunFigures> runs;  ///< done or failed, in the order of the plan
  SweepSummary summary;
  std::size_t left = 0;  ///< neither
};

/// A line a setting; the first holds the columns' names.
TextTable settings_table(const SweepResult& result);

/// "run: sentence" of the first run that failed of every setting, and how many others of it did.
std::vector<std::string> failure_lines(const SweepResult& result);

std::string result_text(const SweepResult& result);
nlohmann::json result_json(const SweepResult& result);
std::string result_csv(const SweepResult& result);

}  // namespace carousel::cli
