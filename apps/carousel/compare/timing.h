// What an update costs on both sides.
#pragma once

#include "bench/runner.h"
#include "compare/python.h"

namespace carousel::cli {

struct Subject;

/// Seconds an update takes.
struct Speed {
  Spread ours, reference;
  double ratio = 0.0;  ///< reference / ours, median over the turns
};

/// Times the configured training, a few updates on one side and as many on the other, in turns. Nothing is
/// recorded, and the batches are there already, on both sides. `subject` must be what Python was told last.
Speed time_updates(const Subject& subject, const RoundLimits& limits, PythonReference& python);

}  // namespace carousel::cli
