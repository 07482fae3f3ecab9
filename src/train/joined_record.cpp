// What several processes recorded of their sequences, as one would have recorded it of all.
#include <cmath>
#include <limits>

#include "carousel/torch.h"
#include "carousel/train/model.h"

#include "train/own_part.h"

namespace carousel {

namespace {

constexpr double unmeasured = std::numeric_limits<double>::quiet_NaN();
constexpr double nothing = -std::numeric_limits<double>::infinity();

using Curve = std::vector<double>;
using Curves = std::vector<Curve>;

/// A flat list of numbers that is added up over the processes: written in one order, and read in the same.
class Sums {
 public:
  void put(double value) { values_.push_back(value); }
  void join(ProcessGroup& group, bool largest) {
    values_ = largest ? group.largest(std::move(values_)) : group.sum(std::move(values_));
  }
  double next() { return values_[place_++]; }

 private:
  std::vector<double> values_;
  std::size_t place_ = 0;
};

/// Calls use(number) for every number of these curves.
template <class Use> void each(std::vector<Curves*>& all, Use use) {
  for (auto* curves : all) {
    for (auto& curve : *curves) {
      for (auto& value : curve) use(value);
    }
  }
}

void resize(Curves& curves, std::size_t count, std::size_t steps) {
  curves.resize(count);
  for (auto& curve : curves) curve.resize(steps, unmeasured);
}

/// log10 of norms: of the whole, the root of the sum of their squares, which neither under- nor overflows.
void join_norms(std::vector<Curves*> all, double log10_scale, ProcessGroup& group) {
  Sums largest, sums;
  each(all, [&](double value) { largest.put(std::isnan(value) ? nothing : value); });
  largest.join(group, true);
  Sums again = largest;
  each(all, [&](double value) {
    const double top = again.next();
    sums.put(std::isnan(value) ? 0.0 : 1.0);
    sums.put(std::isnan(value) || top == nothing ? 0.0 : std::pow(10.0, 2.0 * (value - top)));
  });
  sums.join(group, false);
  each(all, [&](double& value) {
    const double top = largest.next(), measured = sums.next(), squares = sums.next();
    value = measured == 0.0  ? unmeasured
            : top == nothing ? nothing
                             : top + std::log10(squares) / 2.0 + log10_scale;
  });
}

/// Means over rows: weighted by how many this process has at each step.
void join_means(std::vector<Curves*> all, const Curve& rows, ProcessGroup& group) {
  Sums sums;
  for (auto* curves : all) {
    for (const auto& curve : *curves) {
      for (std::size_t t = 0; t < curve.size(); ++t) {
        sums.put(std::isnan(curve[t]) ? 0.0 : rows[t]);
        sums.put(std::isnan(curve[t]) ? 0.0 : rows[t] * curve[t]);
      }
    }
  }
  sums.join(group, false);
  each(all, [&](double& value) {
    const double weight = sums.next(), total = sums.next();
    value = weight > 0.0 ? total / weight : unmeasured;
  });
}

/// The sequences that run at each step.
Curve rows_of(const Batch& batch, std::size_t steps) {
  Curve rows(steps, 0.0);
  for (std::int64_t b = 0; b < batch.sequences(); ++b) {
    const auto length = batch.lengths.defined() ? batch.lengths[b].item<std::int64_t>() : batch.steps();
    for (std::size_t t = 0; t < steps && static_cast<std::int64_t>(t) < length; ++t) rows[t] += 1.0;
  }
  return rows;
}

std::int64_t steps_of(const FlowRecord& record) {
  return record.layers.empty() || record.layers[0].gradient_log10.empty()
             ? 0
             : static_cast<std::int64_t>(record.layers[0].gradient_log10[0].size());
}

/// The shares of a gate as two curves.
struct Shares {
  Curves low, high;
};

}  // namespace

void OwnPart::join(FlowRecord& record, const Batch& whole) const {
  if (!group_) return;
  const auto& module = model_.recurrent();
  const auto& facts = module.facts();
  const auto sizes =
      group_->largest({static_cast<double>(steps_of(record)), static_cast<double>(record.last_segment),
                       record.layers.empty() || record.layers[0].last_loss_log10.empty() ? 0.0 : 1.0,
                       record.resets.empty() ? 0.0 : 1.0});
  const auto steps = static_cast<std::size_t>(sizes[0]);
  const bool last_losses = sizes[2] > 0.0, resets = sizes[3] > 0.0;
  record.last_segment = static_cast<std::int64_t>(sizes[1]);
  if (record.layers.empty()) {  // of no sequences
    record.states.assign(facts.states.begin(), facts.states.end());
    record.gates.assign(facts.gates.begin(), facts.gates.end());
    record.activations.assign(facts.activations.begin(), facts.activations.end());
    record.keep_gate = facts.keep_gate;
    for (const LayerId id : module.layers()) record.layers.push_back({.id = id});
  }

  std::vector<Curves*> norms, last_norms, means;
  std::vector<Shares> shares(record.layers.size());
  for (std::size_t l = 0; l < record.layers.size(); ++l) {
    auto& layer = record.layers[l];
    resize(layer.gradient_log10, facts.states.size(), steps);
    if (last_losses) resize(layer.last_loss_log10, facts.states.size(), steps);
    resize(layer.gate_mean, facts.gates.size(), steps);
    layer.saturation.resize(facts.gates.size());
    for (auto& of_gate : layer.saturation) {
      auto& low = shares[l].low.emplace_back(steps, unmeasured);
      auto& high = shares[l].high.emplace_back(steps, unmeasured);
      for (std::size_t t = 0; t < of_gate.size(); ++t) low[t] = of_gate[t].low, high[t] = of_gate[t].high;
    }
    norms.push_back(&layer.gradient_log10), last_norms.push_back(&layer.last_loss_log10);
    means.insert(means.end(), {&layer.gate_mean, &shares[l].low, &shares[l].high});
  }
  join_norms(norms, -std::log10(static_cast<double>(group_->size())), *group_);
  if (last_losses) join_norms(last_norms, 0.0, *group_);
  Curves begun;
  if (resets) {
    record.resets.resize(steps, 0.0);
    begun.push_back(record.resets);
    means.push_back(&begun);
  }
  join_means(means, rows_of(of(whole), steps), *group_);
  if (resets) record.resets = begun.front();
  for (std::size_t l = 0; l < record.layers.size(); ++l) {
    for (std::size_t g = 0; g < facts.gates.size(); ++g) {
      auto& of_gate = record.layers[l].saturation[g];
      if (facts.activations[g] == Activation::other) continue;
      of_gate.resize(steps);
      for (std::size_t t = 0; t < steps; ++t) of_gate[t] = {shares[l].low[g][t], shares[l].high[g][t]};
    }
  }
}

}  // namespace carousel
