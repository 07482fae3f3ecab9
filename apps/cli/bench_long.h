// What a step costs when the sequence is very long, in time and in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/bench_contender.h"

namespace carousel::cli {

/// Forward and backward over one sequence of one length.
struct LongRecord {
  std::string cell, contender;
  std::int64_t steps = 0;
  std::int64_t count = 0;                  ///< runs that were timed
  double step_seconds = 0.0;               ///< median time of a run / steps
  std::optional<std::int64_t> peak_bytes;  ///< largest growth of the process in a run; unknown off Linux
};

/// Runs a cell of 16 inputs and 64 units over one sequence of each length, `rounds` times each.
std::vector<LongRecord> run_long(const std::string& cell, const std::vector<std::string>& contenders,
                                 const std::vector<std::int64_t>& lengths, std::int64_t rounds,
                                 torch::Dtype dtype, const CellRegistry& cells,
                                 std::vector<std::string>& left_out);

nlohmann::json to_json(const LongRecord& record);
std::string long_table_head();
/// `shortest` is the record of the same cell and contender that the step's time is compared with.
std::string table_line(const LongRecord& record, const LongRecord& shortest);

}  // namespace carousel::cli
