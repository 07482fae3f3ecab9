// A table as sequences: rows in order of their group, what each step reads and answers, and where sequences are cut.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "carousel/data/series_request.h"
#include "carousel/data/series_schema.h"
#include "carousel/data/table.h"

namespace carousel {

/// Time and groups of a table. Rows of a group stand together here, in the table's order, groups in that of their first row.
struct SeriesOrder {
  std::vector<std::int64_t> rows = {};    ///< of the table, at each place
  std::vector<std::int64_t> groups = {};  ///< first place of each group, and the end
  std::optional<Column> time = {};        ///< at each place
  TimeStep step = {};
  std::vector<std::int64_t> gaps = {};  ///< places that do not follow the one before

  std::int64_t size() const { return static_cast<std::int64_t>(rows.size()); }
};

/// Throws Error for columns that are not there, a missing group, or what step_of() refuses. A table of several files
/// (Table::parts, with the column "sequence") is grouped by these where no group is named.
///
/// `ends` are rows at which the files of one part end: what is of one name there and after is not one group.
SeriesOrder order_of(const Table& table, const std::vector<std::string>& time,
                     const std::vector<std::string>& group, std::span<const std::int64_t> ends = {});

/// The group columns to use: those named, or "sequence" where the reader added it.
std::vector<std::string> group_columns(const Table& table, const std::vector<std::string>& named);

struct SeriesFrame {
  std::int64_t places = 0, features = 0;
  std::vector<float> inputs = {};  ///< [places, features]
  std::vector<std::vector<double>> truth =
      {};  ///< of each target, at each place: its value in the unit of the data, or its class; NaN where it is missing
  /// The same, as it is read: scaled, without missing values. Only of numeric targets of a forecast.
  std::vector<std::vector<float>> history = {};
  std::vector<std::int64_t> segments =
      {};  ///< first place of each run of rows without a gap, a change of group, or a row left out; and the end
  std::vector<bool> dropped = {};  ///< rows left out (MissingRule::drop); empty: none
};

/// What of a group's last row reaches into the next: for tables that come row by row.
struct SeriesTail {
  std::vector<double> inputs = {}, targets = {};  ///< last values that were there, of MissingRule::forward
  std::vector<double> levels = {};                ///< scaled values that differences are taken from
};

/// Throws Error, with the line, for an infinite value and for a target class that is not the schema's. A column that is not there is named.
SeriesFrame frame_of(const Table& table, const SeriesOrder& order, const SeriesSchema& schema,
                     bool with_targets);

/// The same of the next rows of one group, going on from its tail, which is empty before the first.
SeriesFrame frame_of(const Table& table, const SeriesOrder& order, const SeriesSchema& schema,
                     SeriesTail& tail);

}  // namespace carousel
