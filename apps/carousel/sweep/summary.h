// What the settings of a sweep came to over their seeds, the best first, and which differences are more than the seeds'.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sweep/bootstrap.h"
#include "sweep/figures.h"

namespace carousel::cli {

struct SettingSummary {
  std::size_t setting = 0;  ///< its place in the plan
  std::string name;
  std::vector<const RunFigures*> runs;  ///< that are done or have failed
  std::vector<double> metrics;          ///< of those that have one
  std::optional<double> median = {};
  Interval range = {}, sure = {};                    ///< smallest and largest; of the median, with 95 %
  std::optional<double> updates = {}, seconds = {};  ///< medians
  std::optional<double> goal_updates = {},
                        goal_seconds = {};  ///< medians over the runs that reached the goal
  std::size_t learnt = 0, failed = 0;
  std::map<std::string, std::size_t> verdicts = {};
  bool like_best = false;  ///< does not differ from the first by more than the seeds do

  bool is_broken() const { return 2 * failed > runs.size(); }
};

struct SweepSummary {
  std::string metric = "metric";  ///< its name
  bool lower_is_better = true;
  bool has_goal = false;
  std::vector<SettingSummary> settings =
      {};  ///< by median, the best first; after them those of which more than half failed
  std::vector<std::string> sentences = {};  ///< what is different and what is not
};

SweepSummary summarise(const SweepPlan& plan, const std::vector<RunFigures>& runs);

/// The run from which the best configuration is taken: of the best setting, with its first seed. nullptr where none is done.
const RunFigures* best_run(const SweepSummary& summary);

}  // namespace carousel::cli
