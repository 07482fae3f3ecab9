#include "sweep/jobs.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <list>
#include <thread>

#include "carousel/error.h"

#include "system/background_program.h"

namespace carousel::cli {
namespace {

struct RunningJob {
  SweepJob job;
  BackgroundProgram program;
};

/// This very program, also where a build has replaced its file since: all runs of a start are trained by the same.
constexpr const char* own_program = "/proc/self/exe";

RunningJob start(SweepJob job) {
  std::vector<std::string> command{own_program};
  command.insert(command.end(), job.words.begin(), job.words.end());
  return {std::move(job), BackgroundProgram(std::move(command))};
}

std::string sentence_of(const BackgroundProgram& program) {
  constexpr std::string_view name = "carousel: ";
  const std::string words = program.last_words();
  return words.starts_with(name) ? words.substr(name.size()) : words;
}

void hear_of_ended(std::list<RunningJob>& running, JobSource& source) {
  for (auto one = running.begin(); one != running.end();) {
    const auto code = one->program.exit_code();
    if (!code) {
      ++one;
      continue;
    }
    const SweepJob job = one->job;
    const JobEnd end{*code, sentence_of(one->program)};
    one = running.erase(one);
    source.ended(job, end);
  }
}

}  // namespace

int run_jobs(JobSource& source, std::size_t at_once, const StopOnSignal& stop) {
  std::list<RunningJob> running;
  bool told = false;
  while (true) {
    while (stop.received() == 0 && running.size() < at_once) {
      auto job = source.next();
      if (!job) break;
      running.push_back(start(std::move(*job)));
    }
    if (running.empty() && (stop.received() != 0 || !source.waits())) return stop.received();
    if (stop.received() != 0 && !told) {
      for (RunningJob& one : running) one.program.send(SIGTERM);
      told = true;
    }
    std::vector<std::string> names;
    for (const RunningJob& one : running) names.push_back(one.job.run);
    const auto unwanted = source.look(names);
    for (RunningJob& one : running) {
      if (std::ranges::find(unwanted, one.job.run) != unwanted.end()) one.program.send(SIGTERM);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    hear_of_ended(running, source);
  }
}

}  // namespace carousel::cli
