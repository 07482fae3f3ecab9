// A training on the adding problem, remembered update by update.
#pragma once

#include <string>
#include <vector>

#include "carousel/model/sequence_model.h"
#include "carousel/tasks/registries.h"

#include "demo/figures.h"

namespace carousel::cli {

struct StoryOptions {
  std::string cell = "lstm";
  std::int64_t length = 100;
  InitOptions init = {};
  ClipOptions clip = {};
  OptimiserOptions optimiser = {};
  std::int64_t updates = 2500;
  std::optional<double> target = 0.01;  ///< validation error at which it ends
};

struct Story {
  Curve loss, norm, keep_gate, reach;  ///< over updates; reach is log10 |dL/dh_first| / |dL/dh_last|
  std::vector<FlowRecord> records;     ///< of the first update and of the last
  std::int64_t updates = 0;
  bool reached = false;    ///< the target
  std::string broke = {};  ///< what was not finite; empty when all was
  double error = 0.0;      ///< best validation error
  std::shared_ptr<SequenceModel> untrained, trained;
};

/// Trains under a fixed seed. A loss that is not finite ends the story, not the program.
Story train_on_adding(const Registries& registries, const StoryOptions& options);

/// One sequence of the adding problem: its input [T, 1, 2], and which of its steps are marked.
struct MarkedSequence {
  torch::Tensor input;
  std::vector<bool> marked;
};
MarkedSequence marked_sequence(const Registries& registries, std::int64_t length);

/// Gate means at every step of that sequence, [gate][step], in double.
std::vector<std::vector<double>> gates_along(SequenceModel& model, const MarkedSequence& sequence);

/// What an LSTM's cell state alone lets pass along that sequence: log10 of the product of the forget gates of
/// steps 2 to T, of the unit in which it is largest.
double most_open_path(SequenceModel& lstm, const MarkedSequence& sequence);

}  // namespace carousel::cli
