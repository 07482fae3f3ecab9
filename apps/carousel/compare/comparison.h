// The comparison of one network: everything is computed on both sides and held against each other.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "carousel/recurrent/observer.h"

#include "compare/check.h"
#include "compare/combinations.h"
#include "compare/python.h"
#include "compare/timing.h"

namespace carousel::cli {

struct Subject;

/// A number for every update or step, on both sides.
struct Pair {
  std::vector<double> ours, reference;
};

/// |dL/d state_t| of one layer and direction over the steps.
struct StepCurve {
  LayerId id;
  std::string state;
  Pair norms;
};

/// A training on both sides, update by update.
struct Trajectory {
  Combination how;
  Pair losses, clip_norms, rates, validations;
  double clipped = 0.0;  ///< share of updates where the limit bit
  std::vector<Check> checks;
};

struct Comparison {
  std::string name = {};  ///< of the network, where several are compared
  std::string title;      ///< task, cell, sizes and dtype in a line
  std::string cell, task, start;
  std::string layer;  ///< the class on Python's side
  bool is_double = false;
  std::int64_t updates = 0;
  std::vector<Check> checks;  ///< of the first batch
  std::vector<StepCurve> curves;
  std::vector<Trajectory> trajectories;
  std::optional<Speed> speed = {};
  std::vector<std::string> notes = {};

  const char* dtype() const { return is_double ? "double" : "float"; }
  /// All figures, those of the trajectories too.
  std::vector<Check> all_checks() const;
  bool ok() const;
};

struct CompareLimits {
  std::vector<Combination> combinations = {};
  RoundLimits turns = {};  ///< of the timing; 0 rounds: none
};

/// Throws Error, SystemError and NonFiniteError as both sides do. `progress` is told what comes next.
Comparison compare(const Subject& subject, const CompareLimits& limits, PythonReference& python,
                   const std::function<void(const std::string&)>& progress);

}  // namespace carousel::cli
