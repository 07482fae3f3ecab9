#include "bench/long.h"

#include <malloc.h>

#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "bench/result.h"
#include "bench/runner.h"

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

/// The most memory that was in use while `call` ran. The system's high-water mark is set back first, or an
/// earlier run would hide this one.
std::optional<std::int64_t> peak_while(const std::function<void()>& call) {
  const bool can_reset = static_cast<bool>(std::ofstream("/proc/self/clear_refs") << "5" << std::flush);
  call();
  return can_reset ? process_bytes("VmHWM") : std::nullopt;
}

/// One contender at one length; nothing where it is left out. Its first run counts for the memory: what an
/// engine allocates once and keeps is part of what it takes.
std::optional<LongRecord> run_one(const LongRequest& request, const std::string& name, std::int64_t steps,
                                  const CellRegistry& cells, std::vector<std::string>& left_out,
                                  std::optional<std::int64_t> before) {
  const Workload workload{
      .shape = {steps, 1, 16, 64}, .cell = request.cell, .backward = true, .dtype = request.dtype};
  std::vector<Contender> made;
  const auto peak = peak_while([&] { made = make_contenders(workload, {name}, cells, left_out); });
  if (made.empty()) return {};
  std::vector<double> seconds;
  for (std::int64_t round = 0; round < request.rounds; ++round) {
    seconds.push_back(seconds_of([&] { made.front().run(); }));
  }
  LongRecord record{.cell = request.cell, .contender = name, .steps = steps, .count = request.rounds};
  record.step_seconds = spread_of(seconds).median / static_cast<double>(steps);
  const auto numbers = 2 * steps * (workload.shape.inputs + workload.shape.hidden);
  record.data_bytes = numbers * static_cast<std::int64_t>(c10::elementSize(request.dtype));
  if (peak && before) record.peak_bytes = *peak - *before;
  return record;
}

}  // namespace

std::vector<LongRecord> run_long(const LongRequest& request, const CellRegistry& cells,
                                 std::vector<std::string>& left_out) {
  ::malloc_trim(0);
  const auto before = process_bytes("VmRSS");
  std::vector<LongRecord> records;
  for (const std::string& name : request.contenders) {
    for (const std::int64_t steps : request.lengths) {
      auto record = run_one(request, name, steps, cells, left_out, before);
      if (!record) break;
      records.push_back(std::move(*record));
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
          {"peak_bytes", record.peak_bytes ? nlohmann::json(*record.peak_bytes) : nlohmann::json(nullptr)},
          {"data_bytes", record.data_bytes}};
}

std::string long_table_head() {
  return fmt::format("{:<13} {:<12} {:>9} {:>5} {:>10} {:>16} {:>12} {:>18}\n", "cell", "engine", "T",
                     "count", "a step", "to the shortest", "peak memory", "of it in and out");
}

std::string table_line(const LongRecord& record, const LongRecord& shortest) {
  const auto megabytes = [](std::int64_t bytes) {
    return fmt::format("{:.1f} MB", static_cast<double>(bytes) * 1e-6);
  };
  return fmt::format("{:<13} {:<12} {:>9} {:>5} {:>10} {:>15.2f}x {:>12} {:>18}\n", record.cell,
                     record.contender, record.steps, record.count, duration_text(record.step_seconds),
                     record.step_seconds / shortest.step_seconds,
                     record.peak_bytes ? megabytes(*record.peak_bytes) : "unknown",
                     megabytes(record.data_bytes));
}

}  // namespace carousel::cli
