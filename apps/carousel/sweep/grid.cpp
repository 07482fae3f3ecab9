#include "sweep/grid.h"

#include <algorithm>

#include <fmt/format.h>

#include "options/shared_options.h"
#include "sweep/check.h"
#include "sweep/figures.h"

namespace carousel::cli {
namespace {

constexpr int usage = 2, non_finite = 3;

/// What the same command would do again; anything else may go better another time.
bool repeats(int exit_code) {
  return exit_code == usage || exit_code == non_finite;
}

/// The cores divided by the runs at once, or fewer where train would take fewer.
std::int64_t threads_of_run(const SweepRequest& request, const TrainRequest& run) {
  const std::int64_t cores = asked_threads(OptionValues({threads_option()}));
  const std::int64_t part = std::max<std::int64_t>(1, cores / request.own.integer("jobs"));
  return std::min(part, run.values.integer("threads"));
}

}  // namespace

Words words_of_run(const SweepRequest& request, const std::vector<Given>& values, const std::string& name,
                   const Registries& registries) {
  const std::filesystem::path folder = request.folder / name;
  if (state_of(folder) == RunState::unfinished) return {"train", "--quiet", "--resume", folder.string()};
  Words words{"train", request.task->name, "--quiet"};
  const auto add = [&](const std::string& option, const std::string& text) {
    words.push_back(fmt::format("--{}={}", option, text));
  };
  for (const Given& given : given_to_run(request, values)) add(given.name, given.text);
  if (request.option("threads") == nullptr)
    add("threads", fmt::format("{}", threads_of_run(request, train_request(request, values, registries))));
  add("runs-dir", request.folder.string());
  add("name", name);
  return words;
}

SweepGrid::SweepGrid(const SweepRequest& request, const SweepPlan& plan, SweepRecord& record,
                     const Registries& registries)
    : request_(request), plan_(plan), record_(record), registries_(registries), failures_(record.failures()) {
  for (std::size_t i = 0; i < plan.count(); ++i) {
    const std::string name = plan.run(i).name;
    if (failures_.contains(name) || state_of(request.folder / name) == RunState::done) continue;
    queue_.push_back(i);
  }
  const std::size_t done = plan.count() - queue_.size() - failures_.size();
  progress_.emplace(plan.count(), done, failures_.size(), request.own.flag("quiet"));
}

/// One that a process of an earlier start still writes is left for later.
std::optional<SweepJob> SweepGrid::next() {
  for (std::size_t tried = 0; tried < queue_.size(); ++tried) {
    const SweepRun run = plan_.run(queue_.front());
    const auto lock = look_at_lock(request_.folder / run.name);
    if (lock.kind != LockState::held) {
      queue_.pop_front();
      return SweepJob{run.name,
                      words_of_run(request_, values_of(request_, plan_, run), run.name, registries_)};
    }
    if (!std::exchange(told_of_waiting_, true))
      progress_->say(fmt::format("{} is still written by {}: it is waited for", run.name, lock.holder));
    queue_.push_back(queue_.front());
    queue_.pop_front();
  }
  return {};
}

void SweepGrid::ended(const SweepJob& job, const JobEnd& end) {
  check_disk(end);
  if (!is_failure(end)) return progress_->done(request_.folder, job.run);
  const JobEnd told{end.exit_code, failure_of(end)};
  failures_[job.run] = told;
  if (repeats(end.exit_code)) record_.note_failure(job.run, told);
  progress_->failed(job.run, told.sentence);
}

std::vector<std::string> SweepGrid::look(const std::vector<std::string>& running) {
  progress_->show(running);
  return {};
}

}  // namespace carousel::cli
