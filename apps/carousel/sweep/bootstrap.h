// How sure a median over a few seeds is: percentile bootstrap (Efron 1979), 95 %.
//
// The seeds are drawn anew, with replacement, ten thousand times, and the interval holds the middle 95 % of the
// medians of the draws. With five seeds it is rather too narrow than too wide.
#pragma once

#include <vector>

namespace carousel::cli {

struct Interval {
  double low = 0.0, high = 0.0;
};

/// Of at least one value.
double median(std::vector<double> values);

/// Of the median. The same values give the same interval; of one value it is that value.
Interval interval_of_median(const std::vector<double>& values);

/// Of median(a) - median(b), both drawn anew.
Interval interval_of_difference(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace carousel::cli
