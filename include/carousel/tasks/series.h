// Forecasts, and classes or numbers of steps or whole sequences, from a table of one's own.
//
//   forecast   x [W, B, F] -> [B, H K Q]       after W rows, the next H of K targets, Q quantiles (or 1) each
//              x [W + H, B, F] -> [., B, K Q]  where inputs are known ahead: they go on over the horizon, a flag says so
//   step       x [T, B, F] -> [T, B, K]        at every row
//   sequence   x [T, B, F] -> [B, K]           after the last row of each group
//
// A category is one-hot in x, with a place for what training did not see; with --embed N the facts name its columns, and the
// model begins with a learned vector of N numbers for each (model/row_embedding.h).
//
// A forecast is what the network says plus a reference (data/series_request.h: Relative), in scaled units. Losses are
// taken in scaled units over what is known; scores in the unit of the data where there is one target.
#pragma once

#include "carousel/data/series_schema.h"
#include "carousel/data/table_file.h"
#include "carousel/tasks/table_task.h"
#include "carousel/tasks/task_registry.h"

namespace carousel {

TaskSpec series_task();

/// What is asked of a table, of the task's settings. Throws Error for what does not go together.
SeriesRequest series_request(const Settings& settings);

/// How the settings say that tables are read, and the quantiles that are answered (empty unless --loss is quantile).
TableFormat series_format(const Settings& settings);
std::vector<double> series_quantiles(const Settings& settings);

/// Which of the quantiles is the answer: the nearest to the median.
std::size_t middle_quantile(const std::vector<double>& quantiles);

/// The table of the settings' --data, read as a run's schema says.
Table series_table(const Settings& settings, const SeriesSchema& schema);

}  // namespace carousel
