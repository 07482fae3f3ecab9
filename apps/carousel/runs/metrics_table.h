// metrics.csv: the table in metrics.jsonl for those who want rows. A row an update, in the order of the
// updates; the columns of a validation are filled in the row of the update it followed and empty elsewhere:
//
//   update,loss,lr,grad_norm,...,valid_loss,valid_metric
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "carousel/io/file.h"

#include "runs/metric_columns.h"

namespace carousel::cli {

class MetricsTable {
 public:
  /// Makes the table anew from the lines of metrics.jsonl so far, so that a resumed run's has no row too many
  /// or too few, whatever columns it had. A row of at most `updates` that the table had stays where its line is
  /// damaged or missing. Throws SystemError when the system refuses.
  MetricsTable(const std::filesystem::path& path, MetricColumns columns, const std::filesystem::path& lines,
               std::int64_t updates);

  /// A line of metrics.jsonl becomes a row, or a validation fills in the last one.
  void add(const nlohmann::json& line);

 private:
  AppendFile begin(const std::filesystem::path& path, const std::filesystem::path& lines,
                   std::int64_t updates);
  void take(const nlohmann::json& line);  // into row_
  void fill(const std::vector<MetricColumn>& columns, std::size_t first, const nlohmann::json& line);

  MetricColumns columns_;
  std::uint64_t row_start_ = 0;  // of the last one, in the file
  std::vector<std::string> row_;
  AppendFile file_;
};

}  // namespace carousel::cli
