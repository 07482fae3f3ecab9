#include "sweep/grid.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "options/shared_options.h"
#include "sweep/check.h"
#include "sweep/figures.h"

namespace carousel::cli {
namespace {

constexpr int usage = 2, non_finite = 3, verdict_failed = 4;

/// What the same command would do again; anything else may go better another time.
bool repeats(int exit_code) {
  return exit_code == usage || exit_code == non_finite;
}

bool is_failure(const JobEnd& end) {
  return end.exit_code != 0 && end.exit_code != verdict_failed;
}

std::string failure_of(const JobEnd& end) {
  if (end.exit_code > 128 && end.sentence.empty()) return fmt::format("it was ended by {}", signal_name(end.exit_code - 128));
  return end.sentence.empty() ? fmt::format("it ended with exit code {}", end.exit_code) : end.sentence;
}

/// ": mean squared error 0.0061, 400 updates".
std::string came_to(const std::filesystem::path& folder, const std::string& run) {
  const RunFigures figures = read_figures(folder, {.name = run}, {});
  const std::string metric = figures.metric ? fmt::format("{} {:.4g}, ", figures.metric_name, *figures.metric) : "";
  return fmt::format(": {}{} updates", metric, figures.updates);
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
  for (const SweptOption& option : request.options) {
    const auto own = std::ranges::find(values, option.name, &Given::name);
    add(option.name, own == values.end() ? option.values.front().given : own->text);
  }
  if (request.option("threads") == nullptr) {
    const std::int64_t share = std::max<std::int64_t>(1, asked_threads(OptionValues({threads_option()})) / request.own.integer("jobs"));
    add("threads", fmt::format("{}", std::min(share, train_request(request, values, registries).values.integer("threads"))));
  }
  add("runs-dir", request.folder.string());
  add("name", name);
  return words;
}

void check_disk(const JobEnd& end) {
  if (end.exit_code != 1) return;
  for (const int reason : {ENOSPC, EDQUOT, EFBIG}) {
    if (end.sentence.find(std::strerror(reason)) == std::string::npos) continue;
    throw SystemError(fmt::format("{}; the sweep stops, and goes on when it is started again", end.sentence));
  }
}

SweepGrid::SweepGrid(const SweepRequest& request, const SweepPlan& plan, SweepRecord& record,
                     const Registries& registries)
    : request_(request), plan_(plan), record_(record), registries_(registries), failures_(record.failures()) {
  for (std::size_t i = 0; i < plan.count(); ++i) {
    const std::string name = plan.run(i).name;
    if (failures_.contains(name)) continue;
    state_of(request.folder / name) == RunState::done ? ++before_ : (queue_.push_back(i), 0);
  }
}

/// One that a process of an earlier start still writes is left for later.
std::optional<SweepJob> SweepGrid::next() {
  for (std::size_t tried = 0; tried < queue_.size(); ++tried) {
    const SweepRun run = plan_.run(queue_.front());
    const auto lock = look_at_lock(request_.folder / run.name);
    if (lock.kind == LockState::held) {
      if (!std::exchange(told_of_waiting_, true))
        console_.line(fmt::format("{} is still written by {}: it is waited for", run.name, lock.holder));
      queue_.push_back(queue_.front());
      queue_.pop_front();
      continue;
    }
    queue_.pop_front();
    return SweepJob{run.name, words_of_run(request_, values_of(request_, plan_, run), run.name, registries_)};
  }
  return {};
}

void SweepGrid::ended(const SweepJob& job, const JobEnd& end) {
  check_disk(end);
  if (is_failure(end)) {
    const JobEnd told{end.exit_code, failure_of(end)};
    failures_[job.run] = told;
    if (repeats(end.exit_code)) record_.note_failure(job.run, told);
    return say(fmt::format("failed: {}: {}", job.run, told.sentence));
  }
  ++done_;
  say(job.run + came_to(request_.folder, job.run));
}

void SweepGrid::say(const std::string& line) {
  if (request_.own.flag("quiet")) return;
  if (console_.live() && !line.starts_with("failed")) return;
  console_.line(fmt::format("{}/{} {}", before_ + done_ + failures_.size(), plan_.count(), line));
}

std::vector<std::string> SweepGrid::look(const std::vector<std::string>& running) {
  if (request_.own.flag("quiet") || !console_.is_due()) return {};
  const std::size_t finished = before_ + done_ + failures_.size();
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  const double each = done_ == 0 ? -1.0 : spent.count() / static_cast<double>(done_);
  console_.progress(static_cast<double>(finished) / static_cast<double>(plan_.count()),
                    fmt::format("{} done, {} failed, {} left | eta {} | {}", before_ + done_, failures_.size(),
                                queue_.size() + running.size(),
                                format_duration(each * static_cast<double>(queue_.size() + running.size())), join(running)));
  return {};
}

}  // namespace carousel::cli
