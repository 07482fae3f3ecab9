#include "taps.h"

#include <limits>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"

#include "cells.h"

namespace carousel::python {

namespace {

/// Rows of steps; a backward pass writes from a thread of its own.
class Tap final : public FlowObserver {
 public:
  Tap(std::int64_t steps, std::size_t states, std::size_t gates)
      : norms_(table(steps, states)),
        means_(table(steps, gates)),
        low_(table(steps, gates)),
        high_(table(steps, gates)) {}

  std::int64_t begin(const CellFacts&, std::int64_t) override { return 0; }
  void gate_mean(LayerId, std::size_t gate, std::int64_t step, double mean) override {
    put(means_, step, gate, mean);
  }
  void gate_saturation(LayerId, std::size_t gate, std::int64_t step, Saturation share) override {
    put(low_, step, gate, share.low), put(high_, step, gate, share.high);
  }
  void state_finite(LayerId, std::int64_t, bool) override {}
  void gradient_norm(LayerId, std::size_t state, std::int64_t step, double norm) override {
    put(norms_, step, state, norm);
  }

  std::vector<torch::Tensor> read() {
    const std::lock_guard lock(mutex_);
    return {norms_.clone(), means_.clone(), low_.clone(), high_.clone()};
  }

 private:
  static torch::Tensor table(std::int64_t steps, std::size_t width) {
    return torch::full({steps, static_cast<std::int64_t>(width)}, std::numeric_limits<double>::quiet_NaN(),
                       torch::kDouble);
  }
  void put(torch::Tensor& table, std::int64_t row, std::size_t column, double value) {
    const std::lock_guard lock(mutex_);
    if (row < 0 || row >= table.size(0)) return;
    table.mutable_data_ptr<double>()[row * table.size(1) + static_cast<std::int64_t>(column)] = value;
  }

  std::mutex mutex_;
  torch::Tensor norms_, means_, low_, high_;
};

struct Taps {
  std::mutex mutex;
  std::map<std::int64_t, std::shared_ptr<Tap>> open;
  std::int64_t next = 1;
};

Taps& taps() {
  static Taps all;
  return all;
}

std::shared_ptr<Tap> find_tap(std::int64_t tap) {
  const std::lock_guard lock(taps().mutex);
  const auto found = taps().open.find(tap);
  return found == taps().open.end() ? nullptr : found->second;
}

}  // namespace

std::int64_t open_tap(std::string cell, std::int64_t steps) {
  const auto* kernels = find_cell(cell).kernels();
  if (steps < 0) throw Error(fmt::format("a tap over {} steps: give 0 or more", steps));
  const std::lock_guard lock(taps().mutex);
  taps().open[taps().next] = std::make_shared<Tap>(steps, kernels->states, kernels->gates);
  return taps().next++;
}

std::vector<torch::Tensor> read_tap(std::int64_t tap) {
  const auto found = find_tap(tap);
  if (!found) throw Error(fmt::format("there is no tap {}: it was closed, or never opened", tap));
  return found->read();
}

void close_tap(std::int64_t tap) {
  const std::lock_guard lock(taps().mutex);
  taps().open.erase(tap);
}

std::shared_ptr<FlowObserver> observer_of(std::int64_t tap) {
  return tap == 0 ? nullptr : find_tap(tap);
}

}  // namespace carousel::python
