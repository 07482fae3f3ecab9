// What `carousel bench` measured, as records for a program and as lines for a person.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/runner.h"
#include "bench/shape.h"

namespace carousel::cli {

/// One contender on one shape, in one pass.
struct BenchRecord {
  std::string cell, contender;
  BenchShape shape;
  bool backward = true;
  Spread seconds;
  double operations = 0.0;  ///< floating-point operations of the matrix products
  double gemm_rate = 0.0;   ///< operations a second of a large matrix product in the same rounds
  std::optional<double> torch_ratio = {};  ///< how many times torch's speed: median of the rounds' ratios
  std::optional<double> loop_ratio = {};   ///< how many times the loop engine's
  std::string base = {};                   ///< the contender that a variant is held against, if there is one
  std::optional<double> base_ratio = {};   ///< how many times its speed
  double difference = 0.0;                 ///< largest difference of an output from the first contender's

  double rate() const { return operations / seconds.median; }
};

/// What the rows of one cell, pass and contender come to. Packed shapes are apart.
struct BenchSummary {
  std::string cell, contender;
  bool backward = true, packed = false;
  std::int64_t shapes = 0;
  double mean_ratio = 0.0;  ///< geometric mean of torch_ratio, or of base_ratio
  std::string than = "torch";
  double worst_ratio = 0.0;
  std::string worst_shape = {};
};
std::vector<BenchSummary> summarise(const std::vector<BenchRecord>& records);

nlohmann::json to_json(const BenchRecord& record);
nlohmann::json to_json(const BenchSummary& summary);

/// "forward", "forward+backward"
std::string pass_name(bool backward);

/// The table: its head, a line a record, and the lines below it.
std::string table_head();
std::string table_line(const BenchRecord& record);
std::string table_line(const BenchSummary& summary);

/// The processor's name as the system gives it, or "unknown processor".
std::string processor_name();

/// "18.2 ms"
std::string duration_text(double seconds);

}  // namespace carousel::cli
