// What `carousel bench` lets run against each other: one layer of a cell on each engine, and torch's own layer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <c10/core/ScalarType.h>

#include "carousel/recurrent/cell_registry.h"
#include "carousel/torch_forward.h"

#include "bench/shape.h"

namespace carousel::cli {

struct Workload {
  BenchShape shape;
  std::string cell;
  bool backward = true;  ///< forward and backward, with gradients for input and weights; else forward alone
  c10::ScalarType dtype = c10::kFloat;
  std::optional<Recurrence> recurrence = {};  ///< of our contenders; else the cell's
  Noise noise = {};                           ///< the same; dropped while training only
  double resets = 0.0;                        ///< share of the rows that begin anew, the same
};

struct Contender {
  /// "fused", "fused-recording" (of every step), "fused-saving" (memory), "fused-full" and "fused-none" (with that
  /// recurrence), "fused-plain" (without noise and resets), "loop", "scan" (minGRU's own, in torch), "torch", or "torch-gru" and "torch-lstm", torch's layer
  /// of the same size whatever the cell.
  std::string name;
  std::function<torch::Tensor()> run;  ///< does the work once and returns the output
};

/// The recurrence that a contender has; nothing for the cell's own.
std::optional<Recurrence> recurrence_of_contender(const std::string& contender,
                                                  const std::optional<Recurrence>& asked);

/// The names that --contenders takes.
const std::vector<std::string>& contender_names();

/// The contenders among `names` that there are for the cell, all with the same weights, input and output
/// gradient. One that there is not (torch has no peephole LSTM) is left out, and the reason added to `left_out`.
std::vector<Contender> make_contenders(const Workload& workload, const std::vector<std::string>& names,
                                       const CellRegistry& cells, std::vector<std::string>& left_out);

/// A product of two square matrices of this size, as torch computes it: what the machine can do.
inline constexpr std::int64_t gemm_size = 1024;
inline constexpr double gemm_operations = 2.0 * gemm_size * gemm_size * gemm_size;
std::function<void()> make_gemm(c10::ScalarType dtype);

}  // namespace carousel::cli
