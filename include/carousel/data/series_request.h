// What is asked of a table: which column is what, what is predicted from what, and how numbers are prepared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carousel/data/scaling.h"

namespace carousel {

/// What a network answers.
enum class PredictKind {
  forecast,  ///< after a window of rows, the targets of the next `horizon` rows
  step,      ///< at every row, that row's target
  sequence,  ///< after a whole group of rows, its target
};
const std::vector<std::string>& predict_names();  ///< in that order

/// What a forecast is added to; all of the window that it follows, in scaled units.
enum class Relative {
  last,     ///< the last value
  season,   ///< the value one season before
  both,     ///< the mean of these two
  seasons,  ///< the mean over the window's whole seasons of the values at the same place of it, inputs too
  window,   ///< the mean, after division by the standard deviation, inputs too (Kim et al. 2022)
  none,     ///< nothing
};
const std::vector<std::string>& relative_names();  ///< in that order

/// Whether it looks back by seasons, so that there must be one.
inline bool is_seasonal(Relative relative) {
  return relative == Relative::season || relative == Relative::both || relative == Relative::seasons;
}

/// Whether the inputs that are targets are relative to each window too, so that a row reads differently in the next.
inline bool changes_inputs(Relative relative) {
  return relative == Relative::seasons || relative == Relative::window;
}

/// What stands for a missing number that is read; a missing target counts in no loss.
enum class MissingRule {
  forward,  ///< the last one of its group, or the training mean before the first
  mean,     ///< the training mean
  zero,     ///< 0, in the unit of the data
  drop,     ///< its row is left out, which leaves a gap
};
const std::vector<std::string>& missing_names();  ///< in that order

struct SeriesRequest {
  std::vector<std::string> targets = {}, time = {}, group = {};
  std::vector<std::string> inputs =
      {};  ///< empty: all but time and group, and but the targets where they are answered at once
  std::vector<std::string> known_ahead = {};  ///< inputs whose future is known
  std::vector<std::string> calendar = {};     ///< data/time_axis.h
  std::string predict = "auto";               ///< or one of predict_names()
  std::int64_t horizon = 0;                   ///< rows; 0: 1 for a forecast
  std::int64_t window = 0;  ///< rows; 0: twice the horizon, 24 at least, for a forecast, else whole groups
  std::int64_t stride = 1;  ///< rows from one training window to the next
  bool restart_at_gaps = false;  ///< windows of steps cross gaps, behind which the network begins anew
  std::int64_t burn_in = 0;      ///< rows before each window that are run without loss
  std::int64_t season = 0;       ///< rows; 0: of the time step, where it has one
  std::string split = "auto";    ///< series_split.h
  ScalingKind scaling = ScalingKind::standard;
  bool log1p = false, difference = false;  ///< of numeric targets
  MissingRule missing = MissingRule::forward;
  bool missing_mask = false;      ///< one input more for each that has missing values: 1 where it is
  std::string relative = "auto";  ///< or one of relative_names()
};

}  // namespace carousel
