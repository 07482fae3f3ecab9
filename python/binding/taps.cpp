#include "taps.h"

#include <limits>
#include <map>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"
#include "carousel/flow/diagnosis.h"
#include "carousel/torch.h"

#include "cells.h"

namespace carousel::python {

namespace {

/// Rows of steps; a backward pass writes from a thread of its own.
class Tap final : public FlowObserver {
 public:
  Tap(const CellFacts& facts, std::int64_t steps)
      : facts_(facts),
        norms_(table(steps, facts.states.size())),
        means_(table(steps, facts.gates.size())),
        low_(table(steps, facts.gates.size())),
        high_(table(steps, facts.gates.size())) {}

  const CellFacts& facts() const { return facts_; }

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

  CellFacts facts_;
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
  const CellFacts& facts = find_cell(cell).cell.facts;
  if (steps < 0) throw Error(fmt::format("a tap over {} steps: give 0 or more", steps));
  const std::lock_guard lock(taps().mutex);
  taps().open[taps().next] = std::make_shared<Tap>(facts, steps);
  return taps().next++;
}

namespace {

std::shared_ptr<Tap> opened(std::int64_t tap) {
  auto found = find_tap(tap);
  if (!found) throw Error(fmt::format("there is no tap {}: it was closed, or never opened", tap));
  return found;
}

/// The columns of a table [T, K] as curves.
std::vector<std::vector<double>> curves_of(const torch::Tensor& table) {
  std::vector<std::vector<double>> curves;
  for (const auto& column : table.t().contiguous().unbind(0)) {
    const auto* first = column.const_data_ptr<double>();
    curves.emplace_back(first, first + column.numel());
  }
  return curves;
}

LayerFlow flow_of(Tap& tap, LayerId id) {
  const auto read = tap.read();
  LayerFlow flow{.id = id, .gradient_log10 = curves_of(read[0].log10()), .gate_mean = curves_of(read[1])};
  const auto low = curves_of(read[2]), high = curves_of(read[3]);
  for (std::size_t g = 0; g < low.size(); ++g) {
    auto& shares = flow.saturation.emplace_back();
    if (tap.facts().activations[g] == Activation::other) continue;
    for (std::size_t t = 0; t < low[g].size(); ++t) shares.push_back({low[g][t], high[g][t]});
  }
  return flow;
}

}  // namespace

std::vector<torch::Tensor> read_tap(std::int64_t tap) {
  return opened(tap)->read();
}

std::string diagnose_taps(const std::vector<std::int64_t>& taps, std::int64_t directions,
                          std::optional<double> forget_bias) {
  FlowRecord record;
  Symptoms given{.forget_bias = forget_bias};
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const auto tap = opened(taps[i]);
    const CellFacts& facts = tap->facts();
    record.describe(facts);
    given.recurrent_matrix = facts.recurrence.form != Recurrence::Form::none;
    const auto number = static_cast<std::int64_t>(i);
    record.layers.push_back(flow_of(*tap, {number / directions, number % directions == 1}));
  }
  return diagnose(Symptoms::of(record, std::move(given))).to_json().dump();
}

void close_tap(std::int64_t tap) {
  const std::lock_guard lock(taps().mutex);
  taps().open.erase(tap);
}

std::shared_ptr<FlowObserver> observer_of(std::int64_t tap) {
  return tap == 0 ? nullptr : find_tap(tap);
}

}  // namespace carousel::python
