// A table as series learns from it: read, ordered, split, fitted and cut into windows. No tensors.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "carousel/data/series_frame.h"
#include "carousel/data/series_schema.h"
#include "carousel/data/series_windows.h"
#include "carousel/tasks/settings.h"
#include "carousel/tasks/task_registry.h"

namespace carousel {

/// A simple answer and its error on a split.
struct SimpleAnswer {
  std::string text;
  double squares = 0.0;          ///< mean square of the error, in scaled units, over all targets
  double absolute = 0.0;         ///< mean absolute error, in scaled units
  double rmse = 0.0, mae = 0.0;  ///< of the one target in the unit of the data; in scaled units of several
  Relative relative = Relative::none;
};

struct SeriesData {
  Table table = {};  ///< of its columns only those that answers name: the groups
  SeriesOrder order = {};
  SeriesSchema schema = {};
  SeriesFrame frame = {};
  std::array<std::vector<SeriesWindow>, 3> windows = {};
  std::vector<std::string> notes = {};
  std::vector<double> mase_scales = {};          ///< of each target of a forecast
  std::vector<std::int64_t> class_counts = {};   ///< of the training examples' classes
  std::vector<SimpleAnswer> valid_answers = {};  ///< to numbers, on the validation part

  const std::vector<SeriesWindow>& of(Split split) const { return windows[static_cast<std::size_t>(split)]; }
};

/// Throws Error for whatever of a table or a setting is wrong.
SeriesData load_series(const Settings& settings, const TaskContext& context);

/// What a reference answers for a target in the rows 1, 2, ... horizon after a window, in scaled units; `none` is 0.
std::vector<double> references(const SeriesData& data, Relative relative, const SeriesWindow& window,
                               std::size_t target);

/// Mean and standard deviation (at least 1e-3) of a target over a window, in scaled units.
struct WindowMoments {
  double mean = 0.0, deviation = 1.0;
};
WindowMoments window_moments(const SeriesData& data, const SeriesWindow& window, std::size_t target);

/// The means of a target 0, 1, ... season - 1 rows before a window's last one over its last `seasons` seasons, in scaled
/// units.
std::vector<double> season_profile(const SeriesData& data, const SeriesWindow& window, std::size_t target,
                                   std::int64_t seasons);

/// Whether a window reaches back far enough for it.
bool has_season(const SeriesSchema& schema);

}  // namespace carousel
