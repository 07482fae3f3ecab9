// The records of a run as the report reads them: columns of numbers rather than lines, so that a long run fits.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"

#include "page/points.h"

namespace carousel::cli {

/// Numbers by key, a point an update; those of an object inside a line are "saturated/forget". NaN where null.
using Columns = std::map<std::string, ChartPoints>;

struct RunRecords {
  std::string name;            ///< of its folder
  std::filesystem::path path;  ///< as it was given
  nlohmann::json meta;
  std::map<std::string, std::string> options;  ///< config.toml; empty where there is none
  Columns updates, validations;                ///< metrics.jsonl
  std::vector<nlohmann::json> flow;            ///< flow/norms.jsonl, at most most_cells lines
  std::size_t flow_lines = 0;                  ///< how many there are
  std::vector<nlohmann::json> spikes;          ///< flow/spikes.jsonl
  bool watched_spikes = false;                 ///< whether that file is there
  nlohmann::json verdict, analysis;            ///< null where there is no such file
  bool of_table = false;                       ///< a run of a task over a table
  nlohmann::json table;    ///< its figures (tables/table_record.h), where they were asked for
  std::string table_note;  ///< why there are none
  std::string keep_gate;   ///< empty for a cell without one

  /// The points of a column, or none.
  const ChartPoints& update_column(const std::string& key) const;
  const ChartPoints& validation_column(const std::string& key) const;

  std::filesystem::path norms_path() const { return path / "flow" / "norms.jsonl"; }
  std::filesystem::path spikes_path() const { return path / "flow" / "spikes.jsonl"; }
  std::filesystem::path analysis_path() const { return path / "flow" / "analysis.json"; }
  std::filesystem::path table_path() const { return path / "table.json"; }
  std::filesystem::path verdict_path() const { return path / "verdict.json"; }
};

using Runs = std::vector<RunRecords>;

/// Reads all there is. A last line without its end is still being written, and is left out. Throws Error when
/// the folder is no run, metrics.jsonl is missing, or a file is damaged, with the line.
RunRecords read_run_records(const std::filesystem::path& path);

/// Numbers of a list, NaN for null. Throws json::exception when it is no such list.
std::vector<double> numbers_of(const nlohmann::json& list);

/// Runs `read`; what does not have the form it should becomes an Error that names the file.
template <class Read> auto reading(const std::filesystem::path& path, Read read) try {
  return read();
} catch (const nlohmann::json::exception&) {
  throw Error(fmt::format(
      "'{}' does not have the form Carousel writes: delete or restore it, then start again", path.string()));
}

}  // namespace carousel::cli
