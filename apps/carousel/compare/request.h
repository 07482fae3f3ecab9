// What `carousel compare` was asked to compare.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runs/saved_run.h"

namespace carousel::cli {

struct CompareRequest {
  OptionValues asked;                        ///< updates, optimisers, schedules, python, output, json, all
  std::optional<TrainRequest> network = {};  ///< none: every cell
  TaskMemory memory = {};                    ///< of a run
  std::optional<RunFolder> run = {};
  std::filesystem::path weights = {};  ///< of the run's checkpoint
  std::int64_t threads = 1;

  std::vector<std::string> optimisers() const;
  std::vector<std::string> schedules() const;
};

/// Reads the command line. Nothing when --help was asked for, and printed. Throws Error for whatever is wrong.
std::optional<CompareRequest> read_compare_request(const Words& words, const Registries& registries);

}  // namespace carousel::cli
