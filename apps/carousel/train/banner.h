// What a run is, said before it starts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "carousel/train/trainer.h"

#include "options/option_values.h"

namespace carousel {
class RecurrentBase;
}

namespace carousel::cli {

struct BannerFacts {
  const Task& task;
  const Model& model;
  const RecurrentBase& recurrent;
  const Trainer& trainer;
  const OptionValues& values;
  const std::filesystem::path& folder;
  std::int64_t resumed_at = 0;  ///< updates done before; 0 for a new run
};

std::vector<std::string> banner(const BannerFacts& facts);

/// What was asked for and does nothing, a sentence each.
std::vector<std::string> without_effect(const OptionValues& values);

/// Which engine runs a recurrent module, and why: "loop: asked for".
std::string engine_line(const RecurrentBase& module);

/// "forget bias 1.00 (l0), 1.00 (l0 reverse)"; a range where the units differ; "" without a gate.
std::string gate_bias_text(const std::vector<GateBias>& biases);

}  // namespace carousel::cli
