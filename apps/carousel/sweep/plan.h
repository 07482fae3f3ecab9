// The runs of a sweep: its settings, which are the combinations of what was given for every option but the seed or
// draws from it, each with every seed.
//
// Seeds are outermost: every setting has a run before one has its second, so that what there is when a sweep is
// stopped compares all of them.
#pragma once

#include <string>
#include <vector>

#include "sweep/request.h"

namespace carousel::cli {

struct SweepRun {
  std::size_t setting = 0, seed = 0;  ///< their places in the plan
  std::string name;                   ///< of its folder: "cell-lstm_lr-0.001_seed-1"
};

struct SweepPlan {
  std::vector<std::string> options;               ///< in which settings differ
  std::vector<std::vector<SweepValue>> settings;  ///< a value for each of them
  std::vector<SweepValue> seeds;                  ///< at least one, the default where none was given
  bool names_seed = false;                        ///< more than one was asked for
  std::vector<std::string> names = {};            ///< of a tuner's runs, one a setting; else empty

  std::size_t count() const { return settings.size() * seeds.size(); }
  SweepRun run(std::size_t index) const;
  /// "cell lstm, lr 0.001"; "as given" where nothing differs.
  std::string setting_name(std::size_t setting) const;
};

/// Throws Error for more runs than are allowed without --yes, for a distribution without --random, and for
/// more draws than there are settings.
SweepPlan sweep_plan(const SweepRequest& request);

/// The plan of a tuner, which has no settings yet. Throws Error where there is nothing to tune, or more than one seed.
SweepPlan trials_plan(const SweepRequest& request);

/// A draw in four digits, within both ends. `unit` in [0, 1).
std::string drawn_text(const SweptOption& option, double unit);

/// Parts of a setting's name as a folder's: what a path or a shell would take for its own is replaced, and told
/// apart by a few digits of what it was.
std::string plain_name(const std::string& text);

}  // namespace carousel::cli
