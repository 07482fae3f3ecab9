#include "carousel/recurrent/truncated.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {

using torch::Tensor;

namespace {

// Sequences that have ended keep their state, the first `running` rows get the new one.
std::vector<Tensor> merge(const std::vector<Tensor>& all, const std::vector<Tensor>& running) {
  if (all.empty()) return running;
  std::vector<Tensor> merged;
  for (std::size_t s = 0; s < all.size(); ++s) {
    const std::int64_t rows = running[s].size(1), ended = all[s].size(1) - rows;
    merged.push_back(ended == 0 ? running[s] : torch::cat({running[s], all[s].narrow(1, rows, ended)}, 1));
  }
  return merged;
}

std::vector<Tensor> detached_rows(const std::vector<Tensor>& states, std::int64_t rows) {
  std::vector<Tensor> start;
  for (const auto& state : states) start.push_back(state.narrow(1, 0, rows).detach());
  return start;
}

}  // namespace

StackResult run_truncated(RecurrentBase& module, const PackedBatch& batch, const std::vector<Tensor>& initial,
                          std::int64_t k) {
  if (k <= 0 || k >= batch.steps()) return module.run(batch, initial);
  if (module.options.bidirectional()) {
    throw Error(fmt::format(
        "truncation after {} steps needs a module of one direction: leave out tbptt or bidirectional", k));
  }
  check_sizes(batch);  // before it is cut; the rest is checked where each segment is run
  const NoiseHeld one_sequence(module);
  std::vector<Tensor> outputs, states = initial;
  std::int64_t row = 0;
  for (std::int64_t begin = 0; begin < batch.steps(); begin += k) {
    const std::int64_t end = std::min(begin + k, batch.steps());
    PackedBatch segment{{}, {batch.sizes.begin() + begin, batch.sizes.begin() + end}};
    const auto rows = std::accumulate(segment.sizes.begin(), segment.sizes.end(), std::int64_t{0});
    segment.data = batch.data.narrow(0, row, rows);
    if (batch.resets.defined()) segment.resets = batch.resets.narrow(0, row, rows);
    row += rows;
    auto result = module.run(segment, begin == 0 ? states : detached_rows(states, segment.sequences()));
    outputs.push_back(std::move(result.output));
    states = merge(begin == 0 ? std::vector<Tensor>{} : states, result.states);
  }
  return {torch::cat(outputs), std::move(states)};
}

}  // namespace carousel
