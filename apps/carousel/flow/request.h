// What `carousel flow` was asked to analyse: a run, or a network that was never trained.
#pragma once

#include <filesystem>
#include <optional>

#include "runs/saved_run.h"

namespace carousel::cli {

struct FlowRequest {
  TrainRequest network;  ///< the run's options, or those of the untrained network
  OptionValues asked;    ///< sequences, steps, split, json
  TaskMemory memory = {};
  std::optional<RunFolder> run = {};
  std::filesystem::path weights = {};  ///< of the run's checkpoint
};

/// Reads the command line. Nothing when --help was asked for, and printed. Throws Error for whatever is wrong.
std::optional<FlowRequest> read_flow_request(const Words& words, const Registries& registries);

}  // namespace carousel::cli
