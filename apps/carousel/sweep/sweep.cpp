// carousel sweep
#include "sweep/sweep.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/text.h"

#include "page/page.h"
#include "runs/learned_cells.h"
#include "runs/run_record.h"
#include "sweep/check.h"
#include "sweep/grid.h"
#include "sweep/page.h"
#include "sweep/result.h"
#include "sweep/trials.h"
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

/// How the runs ended: what is not among these is told by their folders.
struct Ends {
  std::map<std::string, JobEnd> failures;
  std::set<std::string> pruned = {};
};

std::vector<RunFigures> figures_of(const SweepRequest& request, const SweepPlan& plan, const Ends& ends) {
  std::vector<RunFigures> figures;
  const auto goal = request.own.optional_number("goal");
  for (std::size_t i = 0; i < plan.count(); ++i) {
    const SweepRun run = plan.run(i);
    if (const auto failed = ends.failures.find(run.name); failed != ends.failures.end()) {
      figures.push_back({.run = run, .error = failed->second.sentence});
    } else if (ends.pruned.contains(run.name)) {
      figures.push_back(read_figures(request.folder, run, goal));
      figures.back().reason = "pruned";
    } else if (state_of(request.folder / run.name) == RunState::done) {
      figures.push_back(read_figures(request.folder, run, goal));
    }
  }
  return figures;
}

SweepResult result_of(const SweepRequest& request, SweepPlan plan, const Ends& ends) {
  SweepResult result{.folder = request.folder.string(),
                     .task = request.task->name,
                     .plan = std::move(plan),
                     .runs = {},
                     .summary = {}};
  result.runs = figures_of(request, result.plan, ends);
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
int exit_code_of(const SweepResult& result, const Ends& ends) {
  const auto failed = std::ranges::find(result.runs, false, &RunFigures::done);
  if (failed == result.runs.end()) return 0;
  const int code = ends.failures.at(failed->run.name).exit_code;
  return code > 128 ? 1 : code;
}

int finish(const SweepRequest& request, SweepPlan plan, const Ends& ends, int signal) {
  const SweepResult result = result_of(request, std::move(plan), ends);
  write_result(result);
  if (signal != 0) {
    Console().line(fmt::format("stopped by {}; the same command goes on: {} runs are left",
                               signal_name(signal), result.left));
    return 128 + signal;
  }
  print_if_read(request.own.flag("json") ? json_text(result_json(result)) : result_text(result));
  return exit_code_of(result, ends);
}

std::size_t jobs_at_once(const SweepRequest& request) {
  return static_cast<std::size_t>(request.own.integer("jobs"));
}

int sweep_grid(const SweepRequest& request, const Registries& registries) {
  const SweepPlan plan = sweep_plan(request);
  check_sweep(request, plan, registries, !SweepRecord::exists(request));
  const StopOnSignal stop;
  SweepRecord record(request, registries);
  if (request.own.flag("retry-failed")) record.forget_failures();
  SweepGrid grid(request, plan, record, registries);
  const int signal = run_jobs(grid, jobs_at_once(request), stop);
  return finish(request, plan, {grid.failures()}, signal);
}

int sweep_tuned(const SweepRequest& request, const Registries& registries) {
  check_sweep(request, trials_plan(request), registries, !SweepRecord::exists(request));
  const bool lower = lower_is_better(request, registries);
  const StopOnSignal stop;
  SweepRecord record(request, registries);
  Tuner tuner(request, lower);
  SweepTrials trials(request, record, registries, tuner);
  const int signal = run_jobs(trials, jobs_at_once(request), stop);
  return finish(request, trials.plan(), {trials.failures(), trials.pruned()}, signal);
}

}  // namespace

int sweep(const Words& words, const Registries& registries) try {
  Registries known = registries;
  const auto request = read_sweep_request(words, known);
  if (!request) return 0;
  return request->own.text("tuner") == "none" ? sweep_grid(*request, known) : sweep_tuned(*request, known);
} catch (const NoTuner& missing) {
  constexpr int skipped = 77;
  std::fprintf(stderr, "carousel: skipped: %s\n", missing.what());
  return skipped;
}

}  // namespace carousel::cli
