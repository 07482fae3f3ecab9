// carousel train --live: how the gradient flows back through time, redrawn in place while the training goes
// on; where there is no terminal, a line of it at every line of the log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carousel/flow/record.h"

#include "terminal/live_plot.h"

namespace carousel::cli {

class LiveView {
 public:
  /// Takes in one update; `flow` is null where it was not recorded.
  void add(std::int64_t update, double loss, const FlowRecord* flow);

  /// Whether there is anything to show yet.
  bool empty() const { return curves_.empty(); }

  /// The view as lines of less than style.width columns: log10 |dL/dh_t| over the steps t of the last
  /// recorded update, a curve a layer and direction, and the history of the loss and of the keep gate. Where
  /// the loss is taken at every step, the curves are of the last step's loss alone. One line where the
  /// terminal is too small for a plot.
  std::vector<std::string> frame(const PlotStyle& style) const;

  /// The curve of the last layer, forward, in one line.
  std::string line(bool unicode) const;

 private:
  std::string history(const std::string& name, const std::vector<double>& values,
                      const PlotStyle& style) const;

  std::int64_t update_ = 0;
  std::string quantity_;
  std::vector<PlotCurve> curves_;
  std::size_t last_layer_ = 0;  // its curve
  std::string gate_name_;
  // At recorded updates: the mean loss since the one before, the keep gate's mean.
  std::vector<double> loss_, gate_;
  double loss_sum_ = 0.0;
  std::int64_t loss_count_ = 0;
};

}  // namespace carousel::cli
