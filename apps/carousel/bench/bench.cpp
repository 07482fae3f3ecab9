// carousel bench
#include "bench/bench.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"
#include "carousel/torch_build.h"
#include "carousel/version.h"

#include "bench/contender.h"
#include "bench/long.h"
#include "bench/request.h"
#include "bench/result.h"
#include "bench/runner.h"
#include "runs/experiment.h"
#include "runs/run_record.h"
#include "system/freed_memory.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

void say(const std::vector<std::string>& lines, const std::string& about) {
  for (const std::string& text : lines)
    std::fprintf(stderr, "carousel: %s: %s\n", about.c_str(), text.c_str());
}

/// Largest difference of each contender's output from the first one's: a fast kernel must also be right.
std::vector<double> differences(const std::vector<Contender>& contenders) {
  const torch::Tensor first = contenders.front().run();
  std::vector<double> found;
  for (const Contender& contender : contenders) {
    found.push_back((contender.run() - first).abs().max().item<double>());
  }
  return found;
}

/// What a variant is held against, of those that were asked for.
std::string base_among(const std::vector<std::string>& contenders) {
  for (const char* base : {"fused-plain", "fused-full", "fused-none", "scan"}) {
    if (std::ranges::find(contenders, base) != contenders.end()) return base;
  }
  return {};
}

std::vector<BenchRecord> measure(const Workload& workload, const BenchRequest& request,
                                 const CellRegistry& cells) {
  std::vector<std::string> left_out;
  const auto contenders = make_contenders(workload, request.contenders, cells, left_out);
  if (contenders.empty()) throw Error(join(left_out, "; "));
  say(left_out, workload.cell);
  std::vector<Timed> things{{"gemm", make_gemm(workload.dtype)}};
  for (const Contender& contender : contenders) {
    things.push_back({contender.name, [&contender] { contender.run(); }});
  }
  const auto seconds = time_in_turns(things, request.limits);
  const auto difference = differences(contenders);
  const auto ratio_to = [&](std::string_view name, std::size_t thing) -> std::optional<double> {
    const auto named = [&](const Timed& timed) { return timed.name.starts_with(name); };
    const auto other = std::ranges::find_if(things, named);
    if (other == things.end()) return {};
    return paired_ratio(seconds[static_cast<std::size_t>(other - things.begin())], seconds[thing]);
  };

  const CellFacts& facts = cells.find(workload.cell).facts;
  const auto gates = static_cast<std::int64_t>(facts.gates.size());
  const std::string base = base_among(request.contenders);
  std::vector<BenchRecord> records;
  for (std::size_t i = 1; i < things.size(); ++i) {
    records.push_back(
        {.cell = workload.cell,
         .contender = things[i].name,
         .shape = workload.shape,
         .backward = workload.backward,
         .seconds = spread_of(seconds[i]),
         .operations = workload.shape.operations(
             gates, workload.backward,
             recurrence_of_contender(things[i].name, workload.recurrence).value_or(facts.recurrence)),
         .gemm_rate = gemm_operations / spread_of(seconds.front()).median,
         .torch_ratio = ratio_to("torch", i),
         .loop_ratio = ratio_to("loop", i),
         .base = base,
         .base_ratio = base.empty() ? std::nullopt : ratio_to(base, i),
         .difference = difference[i - 1]});
  }
  return records;
}

json machine_json(const BenchRequest& request) {
  return {{"carousel", CAROUSEL_VERSION},
          {"torch", torch_version},
          {"blas", torch_blas},
          {"processor", processor_name()},
          {"threads", request.threads},
          {"keep_memory", request.keep_memory},
          {"dtype", request.dtype == torch::kDouble ? "double" : "float"},
          {"rounds", request.limits.rounds},
          {"seconds", request.limits.seconds}};
}

std::string machine_line(const BenchRequest& request) {
  return fmt::format("{}, {} thread{}, {}, LibTorch {}, {}\n", processor_name(), request.threads,
                     request.threads == 1 ? "" : "s", request.dtype == torch::kDouble ? "double" : "float",
                     torch_version, torch_blas);
}

void measure_all(const BenchRequest& request, const CellRegistry& cells) {
  json result = machine_json(request);
  std::vector<BenchRecord> all;
  for (std::size_t c = 0; c < request.cells.size(); ++c) {
    for (const BenchShape& shape : request.shapes) {
      for (const bool backward : request.passes) {
        const Workload workload{.shape = shape,
                                .cell = request.cells[c],
                                .backward = backward,
                                .dtype = request.dtype,
                                .recurrence = request.recurrence,
                                .noise = request.noise[c],
                                .resets = request.resets};
        for (BenchRecord& record : measure(workload, request, cells)) {
          const std::string head = all.empty() ? machine_line(request) + table_head() : "";
          if (!request.json) print(head + table_line(record));
          result["records"].push_back(to_json(record));
          all.push_back(std::move(record));
        }
      }
    }
  }
  result["summary"] = json::array();
  for (const BenchSummary& summary : summarise(all)) {
    if (!request.json) print(table_line(summary));
    result["summary"].push_back(to_json(summary));
  }
  if (request.json) print(json_text(result));
}

void measure_long(const BenchRequest& request, const CellRegistry& cells) {
  json result = machine_json(request);
  for (const std::string& cell : request.cells) {
    std::vector<std::string> left_out;
    const auto records = run_long({.cell = cell,
                                   .contenders = request.contenders,
                                   .lengths = request.lengths,
                                   .rounds = std::min<std::int64_t>(request.limits.rounds, 5),
                                   .dtype = request.dtype},
                                  cells, left_out);
    if (records.empty()) throw Error(join(left_out, "; "));
    say(left_out, cell);
    for (const LongRecord& record : records) {
      const auto shortest = std::ranges::find(records, record.contender, &LongRecord::contender);
      const std::string head = result.contains("long") ? "" : machine_line(request) + long_table_head();
      if (!request.json) print(head + table_line(record, *shortest));
      result["long"].push_back(to_json(record));
    }
  }
  if (request.json) print(json_text(result));
}

}  // namespace

int bench(const Words& words, const Registries& registries) {
  const auto request = read_bench_request(words, registries);
  if (!request) return 0;
  use_threads(request->threads);
  if (request->keep_memory) keep_freed_memory();
  (request->long_sequences ? measure_long : measure_all)(*request, registries.cells);
  return 0;
}

}  // namespace carousel::cli
