#include "model/model_size.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/model/row_embedding.h"

#include "io/machine_memory.h"

namespace carousel {
namespace {

/// In double, in which no product of sizes overflows. Biases and vectors, which are small beside it, are left out.
double weights_of(const TaskFacts& task, const ModelOptions& options, const CellFacts& cell) {
  const double hidden = static_cast<double>(options.hidden), layers = static_cast<double>(options.layers);
  const double directions = options.bidirectional ? 2 : 1;
  const double gates = std::max<double>(1, static_cast<double>(cell.gates.size()));
  const auto recurrence = options.recurrence.value_or(cell.recurrence);
  recurrence.check(options.hidden);
  const double read = static_cast<double>(recurrence.width(options.hidden));
  const double tokens = static_cast<double>(task.input_size),
               embedding = static_cast<double>(options.embedding);
  const double first = embedding > 0 ? embedding : static_cast<double>(embedded_width(task));
  double vectors = tokens * embedding;
  for (const auto& columns : task.embedded)
    vectors += static_cast<double>(columns.count) * static_cast<double>(columns.size);
  return vectors +
         directions * gates * hidden * (layers * read + first + (layers - 1) * directions * hidden) +
         directions * hidden * static_cast<double>(task.output_size);
}

}  // namespace

void check_size(const TaskFacts& task, const ModelOptions& options, const CellFacts& cell) {
  const double weights = weights_of(task, options, cell), memory = machine_memory();
  if (2 * sizeof(float) * weights <= memory) return;
  throw Error(fmt::format(
      "--hidden {} and --layers {} make about {:.3g} weights: with their gradients they take {:.3g} "
      "bytes, and there are {:.3g}; give smaller ones",
      options.hidden, options.layers, weights, 2 * sizeof(float) * weights, memory));
}

}  // namespace carousel
