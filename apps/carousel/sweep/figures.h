// What one run of a sweep came to, read from its folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sweep/plan.h"

namespace carousel::cli {

enum class RunState {
  missing,     ///< there is no folder, or one without a record
  unfinished,  ///< it was stopped, or still runs
  done,
};
RunState state_of(const std::filesystem::path& run);

/// Numbers are those of the best validation, by the task's metric.
struct RunFigures {
  SweepRun run;
  bool done = false;
  std::string error = {};  ///< of one that failed
  std::string reason = {}, verdict = {}, metric_name = {};
  bool lower_is_better = true;
  double baseline = 0.0;
  std::optional<double> metric = {}, loss = {};
  std::int64_t best_update = 0, updates = 0;
  double seconds = 0.0;  ///< in updates, validations apart, of all sessions
  bool learnt = false;   ///< the goal was reached, or without one the baseline beaten
  std::optional<double> goal = {};
  std::optional<std::int64_t> goal_update = {};  ///< of the first validation that reached it
  std::optional<double> goal_seconds = {};       ///< in updates up to there
};

/// Of a run that is done: `goal` in place of the run's own --stop-at. Throws Error for a folder that is damaged.
RunFigures read_figures(const std::filesystem::path& folder, const SweepRun& run, std::optional<double> goal);

/// Updates and the task's metric after them.
using Validations = std::vector<std::pair<std::int64_t, double>>;

Validations read_validations(const std::filesystem::path& folder, const SweepRun& run);

}  // namespace carousel::cli
