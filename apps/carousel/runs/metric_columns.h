// The figures of metrics.jsonl as columns: one list from which metrics.csv and TensorBoard's scalars are made.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace carousel::cli {

/// A figure of a line of metrics.jsonl and its names elsewhere.
struct MetricColumn {
  nlohmann::json::json_pointer place;  ///< in the line: "/loss", "/saturated/forget"
  std::string csv;                     ///< column of metrics.csv, "" where it has none
  std::string tag;                     ///< scalar in TensorBoard, "" where it has none

  /// The figure in a line; null where it is not there.
  const nlohmann::json& in(const nlohmann::json& line) const;
};

struct MetricColumns {
  std::vector<MetricColumn> update, validation;
};

/// The columns of a run: a cell has gates of its own, a task a metric.
MetricColumns metric_columns(const std::vector<std::string>& gates, const std::string& metric);

/// A name as a part of a tag: "mean squared error" becomes "mean_squared_error".
std::string tag_of(std::string name);

}  // namespace carousel::cli
