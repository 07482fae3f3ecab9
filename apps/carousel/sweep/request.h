// What `carousel sweep` was asked to do: a task, what its training is given, one value or several, and how the
// sweep goes about it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "carousel/tasks/registries.h"

#include "options/arguments.h"
#include "options/option_values.h"
#include "runs/request.h"
#include "sweep/values.h"

namespace carousel::cli {

struct SweepRequest {
  const TaskSpec* task;
  std::vector<SweptOption> options;  ///< of train, those that were given, in the order of its table
  OptionValues own;                  ///< jobs, random, name, ...
  std::filesystem::path folder;      ///< where the runs are, and what they come to

  /// The one of that name, or nullptr.
  const SweptOption* option(const std::string& name) const;
};

/// What sweep takes: its own options, then all of train's that concern one run.
Command sweep_command(const Registries& registries);

/// Reads the command line, the environment and the file they name; the cells that the file names by theirs are added to
/// `registries`. Nothing when --help was asked for, and printed. Throws Error for whatever is wrong.
std::optional<SweepRequest> read_sweep_request(const Words& words, Registries& registries);

/// What an earlier sweep was asked, from the file that it left (sweep/record.h).
SweepRequest read_sweep_file(const std::filesystem::path& file, const Registries& registries);

/// What a run is given: these values, of all other options the first, and in place of a variant what it gives.
std::vector<Given> given_to_run(const SweepRequest& request, const std::vector<Given>& values);

/// The same as train understands it.
TrainRequest train_request(const SweepRequest& request, const std::vector<Given>& values,
                           const Registries& registries);

}  // namespace carousel::cli
