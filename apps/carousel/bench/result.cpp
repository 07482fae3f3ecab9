#include "bench/result.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

namespace carousel::cli {
namespace {

using nlohmann::json;

json number_or_null(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

std::string ratio_text(const std::optional<double>& ratio) {
  return ratio ? fmt::format("{:.2f}", *ratio) : std::string("-");
}

bool same_group(const BenchSummary& summary, const BenchRecord& record, const std::string& than) {
  return summary.than == than && summary.cell == record.cell && summary.contender == record.contender &&
         summary.backward == record.backward && summary.packed == record.shape.packed;
}

}  // namespace

std::string pass_name(bool backward) {
  return backward ? "forward+backward" : "forward";
}

std::string processor_name() {
  std::ifstream processors("/proc/cpuinfo");
  for (std::string line; std::getline(processors, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

std::string duration_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.1f} us", seconds * 1e6);
  if (seconds < 1.0) return fmt::format("{:.2f} ms", seconds * 1e3);
  return fmt::format("{:.2f} s", seconds);
}

std::vector<BenchSummary> summarise(const std::vector<BenchRecord>& records) {
  std::vector<BenchSummary> summaries;
  std::vector<std::vector<double>> ratios;
  const auto add = [&](const BenchRecord& record, const std::string& than,
                       const std::optional<double>& ratio) {
    if (!ratio || record.contender.starts_with(than)) return;
    auto found = std::ranges::find_if(summaries, [&](const auto& s) { return same_group(s, record, than); });
    if (found == summaries.end()) {
      summaries.push_back({.cell = record.cell,
                           .contender = record.contender,
                           .backward = record.backward,
                           .packed = record.shape.packed,
                           .than = than});
      ratios.emplace_back();
      found = summaries.end() - 1;
    }
    ratios[static_cast<std::size_t>(found - summaries.begin())].push_back(*ratio);
    if (found->shapes++ == 0 || *ratio < found->worst_ratio) {
      found->worst_ratio = *ratio;
      found->worst_shape = record.shape.text();
    }
  };
  for (const BenchRecord& record : records) {
    add(record, "torch", record.torch_ratio);
    if (!record.base.empty()) add(record, record.base, record.base_ratio);
  }
  for (std::size_t i = 0; i < summaries.size(); ++i) summaries[i].mean_ratio = geometric_mean(ratios[i]);
  return summaries;
}

json to_json(const BenchRecord& record) {
  const BenchShape& shape = record.shape;
  return {{"cell", record.cell},
          {"contender", record.contender},
          {"shape", {{"T", shape.steps}, {"B", shape.sequences}, {"I", shape.inputs}, {"H", shape.hidden}}},
          {"packed", shape.packed},
          {"pass", pass_name(record.backward)},
          {"count", record.seconds.count},
          {"seconds",
           {{"median", record.seconds.median},
            {"lower_quartile", record.seconds.lower},
            {"upper_quartile", record.seconds.upper},
            {"min", record.seconds.min},
            {"max", record.seconds.max}}},
          {"gflop", record.operations * 1e-9},
          {"gflop_per_second", record.rate() * 1e-9},
          {"gemm_gflop_per_second", record.gemm_rate * 1e-9},
          {"gemm_share", record.rate() / record.gemm_rate},
          {"ratio_to_torch", number_or_null(record.torch_ratio)},
          {"ratio_to_loop", number_or_null(record.loop_ratio)},
          {"base", record.base},
          {"ratio_to_base", number_or_null(record.base_ratio)},
          {"difference", record.difference}};
}

json to_json(const BenchSummary& summary) {
  return {{"cell", summary.cell},
          {"contender", summary.contender},
          {"pass", pass_name(summary.backward)},
          {"packed", summary.packed},
          {"shapes", summary.shapes},
          {"geometric_mean_ratio_to_" + summary.than, summary.mean_ratio},
          {"worst_ratio_to_" + summary.than, summary.worst_ratio},
          {"worst_shape", summary.worst_shape}};
}

std::string table_head() {
  return fmt::format("{:<13} {:<21} {:<17} {:<15} {:>5} {:>10} {:>23} {:>8} {:>6} {:>7} {:>7} {:>7}\n",
                     "cell", "T,B,I,H", "pass", "engine", "count", "median", "quartiles", "GFLOP/s", "gemm",
                     "x torch", "x loop", "x base");
}

std::string table_line(const BenchRecord& r) {
  return fmt::format("{:<13} {:<21} {:<17} {:<15} {:>5} {:>10} {:>23} {:>8.1f} {:>5.0f}% {:>7} {:>7} {:>7}\n",
                     r.cell, r.shape.text(), pass_name(r.backward), r.contender, r.seconds.count,
                     duration_text(r.seconds.median),
                     duration_text(r.seconds.lower) + " - " + duration_text(r.seconds.upper), r.rate() * 1e-9,
                     100.0 * r.rate() / r.gemm_rate, ratio_text(r.torch_ratio), ratio_text(r.loop_ratio),
                     ratio_text(r.base_ratio));
}

std::string table_line(const BenchSummary& s) {
  return fmt::format(
      "{} {}, {}, {} {} shape{}: {:.2f} times {}'s speed in the geometric mean, worst {:.2f} at {}\n", s.cell,
      s.contender, pass_name(s.backward), s.shapes, s.packed ? "packed" : "padded", s.shapes == 1 ? "" : "s",
      s.mean_ratio, s.than, s.worst_ratio, s.worst_shape);
}

}  // namespace carousel::cli
