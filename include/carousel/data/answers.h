// What a model answered about a table, in the unit of the data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carousel/data/table.h"

namespace carousel {

/// One answered value of one target.
struct Answer {
  std::int64_t example = 0;  ///< which window of its split
  std::int64_t row = 0;      ///< of the table: the last one that was read
  std::int64_t horizon = 0;  ///< rows after it that the answer is about; 0: that row itself
  double time = missing;     ///< of what it is about
  double from = missing;     ///< of the row that was read last
  std::int32_t target = 0;
  double truth = missing;     ///< or its class
  double answer = missing;    ///< or its class; of quantiles the one nearest to the median
  double baseline = missing;  ///< what the reference of a forecast would have answered
};

/// Answers and what comes with each: quantiles, or the probability of each class, [answers, more per answer].
struct Answers {
  std::vector<std::string> targets = {};
  std::vector<std::string> classes = {};  ///< empty for numbers
  std::vector<double> quantiles = {};     ///< empty unless they are answered
  std::vector<double> widths = {};        ///< of each target's scaling: errors over it are in scaled units
  std::vector<double> mase_scales = {};   ///< of each target on the training part, NaN where it is not known
  std::vector<Answer> rows = {};
  std::vector<double> more = {};

  std::size_t width() const { return classes.empty() ? quantiles.size() : classes.size(); }
};

}  // namespace carousel
