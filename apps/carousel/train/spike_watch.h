// Notices spikes of the loss and the gradient norm, and keeps what is needed to look at them again.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/flow/spikes.h"
#include "carousel/io/file.h"
#include "carousel/io/run_folder.h"
#include "carousel/train/trainer.h"

namespace carousel::cli {

/// What a spike's record says besides its figures.
struct SpikeContext {
  const Task& task;
  std::uint64_t seed = 0;
  std::int64_t accumulate = 1;  ///< batches an update
};

class SpikeWatch {
 public:
  /// Goes on with flow/spikes.jsonl after `updates`, or starts it with the first spike. What it compares with
  /// comes from metrics.jsonl, so that a resumed run tells the same spikes. Adds to `damages` as open_up_to.
  SpikeWatch(const RunFolder& run, std::int64_t updates, SpikeContext context,
             std::vector<std::string>& damages);

  /// Writes a line for each spike of this update. Returns what to tell: a sentence a spike.
  std::vector<std::string> look(const UpdateReport& report);

 private:
  struct Leader {
    std::string parameter;
    double norm = 0.0, share = 0.0;  // share of the squares of all
  };
  static Leader leader(const UpdateReport& report);
  nlohmann::json record(const UpdateReport& report, const char* of, const Spike& spike) const;

  std::filesystem::path config_, path_;
  SpikeContext context_;
  SpikeDetector loss_, norm_;
};

}  // namespace carousel::cli
