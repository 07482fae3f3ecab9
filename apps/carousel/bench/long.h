// What a step costs when the sequence is very long, in time and in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/contender.h"

namespace carousel::cli {

/// Forward and backward over one sequence of one length.
struct LongRecord {
  std::string cell, contender;
  std::int64_t steps = 0;
  std::int64_t count = 0;                       ///< runs that were timed
  double step_seconds = 0.0;                    ///< median time of a run / steps
  std::optional<std::int64_t> peak_bytes = {};  ///< growth of the process at its largest; unknown off Linux
  std::int64_t data_bytes = 0;  ///< of it input, output and their gradients, which no engine can do without
};

struct LongRequest {
  std::string cell;
  std::vector<std::string> contenders;  ///< those that take little memory first
  std::vector<std::int64_t> lengths;    ///< rising
  std::int64_t rounds = 5;
  c10::ScalarType dtype = c10::kFloat;
};

/// Runs a cell of 16 inputs and 64 units over one sequence of each length. Memory is what the process has
/// grown by since the start of this call, so it includes what an engine keeps from shorter sequences and from
/// contenders before it: hence the order.
std::vector<LongRecord> run_long(const LongRequest& request, const CellRegistry& cells,
                                 std::vector<std::string>& left_out);

nlohmann::json to_json(const LongRecord& record);
std::string long_table_head();
/// `shortest` is the record of the same cell and contender that the step's time is compared with.
std::string table_line(const LongRecord& record, const LongRecord& shortest);

}  // namespace carousel::cli
