// What several processes recorded of their sequences, as one would have recorded it of all.
#include <algorithm>
#include <array>
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

/// Numbers that are put together over the processes in one message: all are visited twice in one order, at first to be
/// written down, and after join() to be given what they are of the whole.
class JointNumbers {
 public:
  void put(double value) { values_.push_back(value); }
  double next() { return values_[place_++]; }

  /// log10 of a norm: of the whole, the root of the sum of the squares. Those are added up in three windows of magnitude, as
  /// the squares of what a double holds do not fit in one.
  void norm(double& log10, double log10_scale) {
    if (joined_) {
      const bool measured = next() > 0.0;
      double whole = nothing;
      for (const double centre : centres) {
        if (const double squares = next(); squares > 0.0)
          whole = added(whole, std::log10(squares) / 2.0 + centre);
      }
      log10 = measured ? whole + log10_scale : unmeasured;
      return;
    }
    put(std::isnan(log10) ? 0.0 : 1.0);
    for (const double centre : centres) {
      const bool here =
          log10 > centre - 100.0 && log10 <= centre + 100.0;  // false of what is not measured or nothing
      put(here ? std::pow(10.0, 2.0 * (log10 - centre)) : 0.0);
    }
  }

  /// A mean over rows, of which this process has so many.
  void mean(double& value, double rows) {
    if (joined_) {
      const double weight = next(), total = next();
      value = weight > 0.0 ? total / weight : unmeasured;
      return;
    }
    put(std::isnan(value) ? 0.0 : rows);
    put(std::isnan(value) ? 0.0 : rows * value);
  }

  void join(ProcessGroup& group) {
    values_ = group.sum(std::move(values_));
    joined_ = true;
  }

 private:
  static constexpr std::array centres{-200.0, 0.0, 200.0};

  /// log10 of the norm of two parts, from theirs.
  static double added(double one, double other) {
    const double top = std::max(one, other), low = std::min(one, other);
    return low == nothing ? top : top + std::log1p(std::pow(10.0, 2.0 * (low - top))) / std::log(10.0) / 2.0;
  }
  std::vector<double> values_;
  std::size_t place_ = 0;
  bool joined_ = false;
};

/// How large this process's record is.
RecordSizes sizes_of(const FlowRecord& record) {
  const auto& first = record.layers[0];
  return {static_cast<double>(first.gradient_log10.empty() ? 0 : first.gradient_log10[0].size()),
          static_cast<double>(record.last_segment), first.last_loss_log10.empty() ? 0.0 : 1.0,
          record.resets.empty() ? 0.0 : 1.0};
}

/// Gives a record of this process the sizes of all.
void resize(FlowRecord& record, const RecordSizes& sizes) {
  const auto steps = static_cast<std::size_t>(sizes[0]);
  const auto resize_curves = [&](Curves& curves, std::size_t count) {
    curves.resize(count);
    for (auto& curve : curves) curve.resize(steps, unmeasured);
  };
  record.last_segment = static_cast<std::int64_t>(sizes[1]);
  for (auto& layer : record.layers) {
    resize_curves(layer.gradient_log10, record.states.size());
    resize_curves(layer.last_loss_log10, sizes[2] > 0.0 ? record.states.size() : 0);
    resize_curves(layer.gate_mean, record.gates.size());
    layer.saturation.resize(record.gates.size());
    for (std::size_t g = 0; g < record.gates.size(); ++g) {
      if (record.activations[g] != Activation::other)
        layer.saturation[g].resize(steps, {unmeasured, unmeasured});
    }
  }
  record.resets.resize(sizes[3] > 0.0 ? steps : 0, 0.0);
}

/// Every number of a record; `rows` of this process run at each step.
void visit(FlowRecord& record, JointNumbers& numbers, const Curve& rows, double log10_mean) {
  const auto norms = [&](Curves& curves, double log10_scale) {
    for (auto& curve : curves) {
      for (auto& value : curve) numbers.norm(value, log10_scale);
    }
  };
  const auto means = [&](Curve& curve) {
    for (std::size_t t = 0; t < curve.size(); ++t) numbers.mean(curve[t], rows[t]);
  };
  for (auto& layer : record.layers) {
    norms(layer.gradient_log10, log10_mean);
    norms(layer.last_loss_log10, 0.0);
    for (auto& curve : layer.gate_mean) means(curve);
    for (auto& gate : layer.saturation) {
      for (std::size_t t = 0; t < gate.size(); ++t) {
        numbers.mean(gate[t].low, rows[t]);
        numbers.mean(gate[t].high, rows[t]);
      }
    }
  }
  means(record.resets);
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

}  // namespace

void OwnPart::join(FlowRecord& record, const Batch& whole) {
  if (!group_) return;
  if (record.layers.empty()) {  // of no sequences
    record.describe(model_.recurrent().facts());
    for (const LayerId id : model_.recurrent().layers()) record.layers.push_back({.id = id});
  }
  const FlowRecord given = record;
  const RecordSizes own = sizes_of(given);
  if (sum_up(record, own, whole)) return;
  std::ranges::copy(group_->largest({own.begin(), own.end()}), record_sizes_.begin());
  record = given;
  sum_up(record, own, whole);
}

bool OwnPart::sum_up(FlowRecord& record, const RecordSizes& own, const Batch& whole) const {
  const auto rows = rows_of(of(whole), static_cast<std::size_t>(record_sizes_[0]));
  const double log10_mean = -std::log10(static_cast<double>(group_->size()));
  resize(record, record_sizes_);
  JointNumbers numbers;
  for (std::size_t i = 0; i < own.size(); ++i) {
    numbers.put(own[i] > record_sizes_[i] ? 1.0 : 0.0);
    numbers.put(own[i] == record_sizes_[i] ? 1.0 : 0.0);
  }
  visit(record, numbers, rows, log10_mean);
  numbers.join(*group_);
  for (std::size_t i = 0; i < own.size(); ++i) {
    const double above = numbers.next(), there = numbers.next();
    if (above > 0.0 || there == 0.0) return false;
  }
  visit(record, numbers, rows, log10_mean);
  return true;
}

}  // namespace carousel
