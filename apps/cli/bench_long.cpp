#include "cli/bench_long.h"

#include <malloc.h>

#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "cli/bench_result.h"
#include "cli/bench_runner.h"

namespace carousel::cli {
namespace {

/// A figure of /proc/self/status in bytes, such as VmHWM, the largest memory that was in use.
std::optional<std::int64_t> process_bytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(name + ":")) continue;
    std::istringstream words(line.substr(name.size() + 1));
    std::int64_t kilobytes = 0;
    if (words >> kilobytes) return kilobytes * 1024;
  }
  return {};
}

/// How far the process grows while `call` runs. Memory that is free but kept is given back first, and the
/// system's high-water mark is set back, or an earlier run would hide this one.
std::optional<std::int64_t> peak_growth(const std::function<void()>& call) {
  ::malloc_trim(0);
  const bool can_reset = static_cast<bool>(std::ofstream("/proc/self/clear_refs") << "5" << std::flush);
  const auto before = process_bytes("VmRSS");
  call();
  const auto peak = process_bytes("VmHWM");
  if (!can_reset || !before || !peak) return {};
  return *peak - *before;
}

}  // namespace

std::vector<LongRecord> run_long(const std::string& cell, const std::vector<std::string>& contenders,
                                 const std::vector<std::int64_t>& lengths, std::int64_t rounds,
                                 torch::Dtype dtype, const CellRegistry& cells,
                                 std::vector<std::string>& left_out) {
  std::vector<LongRecord> records;
  for (const std::int64_t steps : lengths) {
    const Workload workload{.shape = {steps, 1, 16, 64}, .cell = cell, .backward = true, .dtype = dtype};
    left_out.clear();  // the same for every length
    for (const Contender& contender : make_contenders(workload, contenders, cells, left_out)) {
      // make_contenders has run it once, so that what is allocated once and kept is there already.
      LongRecord record{.cell = cell, .contender = contender.name, .steps = steps};
      record.peak_bytes = peak_growth([&] { contender.run(); });
      std::vector<double> seconds;
      for (std::int64_t round = 0; round < rounds; ++round) {
        seconds.push_back(seconds_of([&] { contender.run(); }));
      }
      const Spread spread = spread_of(seconds);
      record.count = spread.count;
      record.step_seconds = spread.median / static_cast<double>(steps);
      records.push_back(std::move(record));
    }
  }
  return records;
}

nlohmann::json to_json(const LongRecord& record) {
  return {{"cell", record.cell},
          {"contender", record.contender},
          {"T", record.steps},
          {"count", record.count},
          {"seconds_per_step", record.step_seconds},
          {"peak_bytes", record.peak_bytes ? nlohmann::json(*record.peak_bytes) : nlohmann::json(nullptr)}};
}

std::string long_table_head() {
  return fmt::format("{:<13} {:<12} {:>9} {:>5} {:>10} {:>16} {:>12}\n", "cell", "engine", "T", "count",
                     "a step", "to the shortest", "peak memory");
}

std::string table_line(const LongRecord& record, const LongRecord& shortest) {
  const std::string memory = record.peak_bytes
                                 ? fmt::format("{:.1f} MB", static_cast<double>(*record.peak_bytes) * 1e-6)
                                 : "unknown";
  return fmt::format("{:<13} {:<12} {:>9} {:>5} {:>10} {:>15.2f}x {:>12}\n", record.cell, record.contender,
                     record.steps, record.count, duration_text(record.step_seconds),
                     record.step_seconds / shortest.step_seconds, memory);
}

}  // namespace carousel::cli
