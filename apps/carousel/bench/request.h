// What `carousel bench` was asked to measure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <c10/core/ScalarType.h>

#include "carousel/recurrent/cell_registry.h"
#include "carousel/tasks/registries.h"

#include "bench/runner.h"
#include "bench/shape.h"
#include "options/arguments.h"

namespace carousel::cli {

/// Everything that was asked for, checked. One list for each thing that is gone through.
struct BenchRequest {
  std::vector<std::string> cells, contenders;
  std::vector<BenchShape> shapes = {};
  std::vector<std::int64_t> lengths;
  std::vector<bool> passes = {};  ///< true for forward and backward
  RoundLimits limits;
  c10::ScalarType dtype = c10::kFloat;
  std::optional<Recurrence> recurrence = {};
  std::vector<Noise> noise = {};  ///< of each cell
  double resets = 0.0;            ///< share of the steps
  std::int64_t threads = 1;
  bool long_sequences = false, keep_memory = false, json = false;
};

/// Reads the command line. Nothing when --help was asked for, and printed. Throws Error for whatever is wrong.
std::optional<BenchRequest> read_bench_request(const Words& words, const Registries& registries);

}  // namespace carousel::cli
