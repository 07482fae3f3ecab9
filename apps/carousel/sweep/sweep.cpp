// carousel sweep
#include "sweep/sweep.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/text.h"

#include "runs/learned_cells.h"
#include "page/page.h"
#include "runs/run_record.h"
#include "sweep/check.h"
#include "sweep/grid.h"
#include "sweep/page.h"
#include "sweep/result.h"
#include "terminal/output.h"
#include "train/signals.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;

/// The configuration of the best run, with the cell's file where the run keeps one.
std::string best_configuration(const fs::path& run) {
  std::string text = read_file(run / "config.toml");
  const fs::path cell = run / cell_file_of_run;
  std::error_code ignored;
  const auto at = text.find("\ncell = ");
  if (!fs::exists(cell, ignored) || at == std::string::npos) return text;
  const auto begin = at + 1, end = text.find('\n', begin);
  return text.replace(begin, end - begin, "cell = " + toml_quoted(fs::absolute(cell).string()));
}

std::vector<RunFigures> figures_of(const SweepRequest& request, const SweepPlan& plan,
                                   const std::map<std::string, JobEnd>& failures) {
  std::vector<RunFigures> figures;
  for (std::size_t i = 0; i < plan.count(); ++i) {
    const SweepRun run = plan.run(i);
    if (const auto failed = failures.find(run.name); failed != failures.end()) {
      figures.push_back({.run = run, .error = failed->second.sentence});
    } else if (state_of(request.folder / run.name) == RunState::done) {
      figures.push_back(read_figures(request.folder, run, request.own.optional_number("goal")));
    }
  }
  return figures;
}

SweepResult result_of(const SweepRequest& request, SweepPlan plan, const std::map<std::string, JobEnd>& failures) {
  SweepResult result{.folder = request.folder.string(),
                     .task = request.task->name,
                     .plan = std::move(plan),
                     .runs = {},
                     .summary = {}};
  result.runs = figures_of(request, result.plan, failures);
  result.summary = summarise(result.plan, result.runs);
  result.left = result.plan.count() - result.runs.size();
  return result;
}

void write_result(const SweepResult& result) {
  const fs::path folder = result.folder;
  write_json(folder / "sweep.json", result_json(result));
  write_file_atomically(folder / "sweep.csv", result_csv(result));
  if (page_has_charts()) write_file_atomically(folder / "sweep.html", page_html(sweep_page(result)));
  if (const RunFigures* best = best_run(result.summary))
    write_file_atomically(folder / "best.toml", best_configuration(folder / best->run.name));
}

/// 0 when every run was trained, else what the first that was not ended with.
int exit_code_of(const SweepResult& result, const std::map<std::string, JobEnd>& failures) {
  const auto failed = std::ranges::find(result.runs, false, &RunFigures::done);
  if (failed == result.runs.end()) return 0;
  const int code = failures.at(failed->run.name).exit_code;
  return code > 128 ? 1 : code;
}

}  // namespace

int sweep(const Words& words, const Registries& registries) {
  Registries known = registries;
  auto request = read_sweep_request(words, known);
  if (!request) return 0;
  const SweepPlan plan = sweep_plan(*request);
  check_sweep(*request, plan, known, !SweepRecord::exists(*request));
  const StopOnSignal stop;
  SweepRecord record(*request, known);
  if (request->own.flag("retry-failed")) record.forget_failures();
  SweepGrid grid(*request, plan, record, known);
  const int signal = run_jobs(grid, static_cast<std::size_t>(request->own.integer("jobs")), stop);
  const SweepResult result = result_of(*request, plan, grid.failures());
  write_result(result);
  if (signal != 0) {
    Console().line(fmt::format("stopped by {}; the same command goes on with the {} runs that are left",
                               signal_name(signal), result.left));
    return 128 + signal;
  }
  print_if_read(request->own.flag("json") ? json_text(result_json(result)) : result_text(result));
  return exit_code_of(result, grid.failures());
}

}  // namespace carousel::cli
