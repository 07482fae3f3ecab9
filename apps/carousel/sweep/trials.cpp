#include "sweep/trials.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/data/text.h"

#include "runs/record_lines.h"
#include "sweep/figures.h"
#include "sweep/grid.h"

namespace carousel::cli {
namespace {

constexpr std::chrono::milliseconds between_looks{300};

std::string trial_name(std::size_t number) {
  return fmt::format("trial-{:04}", number);
}

std::size_t number_of_trial(const std::string& run) {
  return parse_number<std::size_t>(std::string_view(run).substr(run.find('-') + 1)).value_or(0);
}

/// The value that the tuner named, as the plan has it.
SweepValue tuned_value(const SweptOption& option, const std::string& text) {
  const auto found = std::ranges::find(option.values, text, &SweepValue::given);
  return found == option.values.end() ? SweepValue{text, text} : *found;
}

}  // namespace

Validations ValidationTail::next() {
  std::ifstream stream(file_, std::ios::binary | std::ios::ate);
  const auto size = stream ? static_cast<std::uint64_t>(stream.tellg()) : 0;
  if (size < read_) read_ = 0;  // shortened to a checkpoint
  std::string text(size - read_, '\0');
  stream.seekg(static_cast<std::streamoff>(read_));
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(text.rfind('\n') + 1);  // what is not whole yet comes next time
  read_ += text.size();
  Validations validations;
  for (const RecordLine& line : lines_in(text)) {
    const nlohmann::json figures = parsed(line);
    if (!figures.is_object() || figures.value("kind", "") != "validation" || !figures["metric"].is_number())
      continue;
    validations.emplace_back(figures["update"].get<std::int64_t>(), figures["metric"].get<double>());
  }
  return validations;
}

SweepTrials::SweepTrials(const SweepRequest& request, SweepRecord& record, const Registries& registries,
                         Tuner& tuner)
    : request_(request),
      record_(record),
      registries_(registries),
      tuner_(tuner),
      trials_(tuner.before()),
      failures_(record.failures()) {
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    if (trials_[i].state == "running") open_.push_back(i);
    if (trials_[i].state == "pruned") pruned_.insert(trial_name(i));
  }
  const auto count = std::max(trials_.size(), static_cast<std::size_t>(request.own.integer("trials")));
  const std::size_t ended = trials_.size() - open_.size();
  progress_.emplace(count, ended - std::min(ended, failures_.size()), failures_.size(),
                    request.own.flag("quiet"));
}

SweepJob SweepTrials::job_of(const TunedTrial& trial) const {
  std::vector<Given> values;
  for (const auto& [name, text] : trial.values) values.push_back({name, text, request_.option(name)->label});
  const std::string run = trial_name(static_cast<std::size_t>(trial.number));
  return {run, words_of_run(request_, values, run, registries_)};
}

void SweepTrials::tell_complete(std::size_t trial) {
  const std::string run = trial_name(trial);
  const RunFigures figures = read_figures(request_.folder, {.name = run}, {});
  if (!figures.metric) return tuner_.give_up(trials_[trial].number, "fail");
  tuner_.complete(trials_[trial].number, *figures.metric);
  trials_[trial].state = "complete";
}

std::optional<SweepJob> SweepTrials::next() {
  while (!open_.empty()) {
    const std::size_t trial = open_.front();
    const auto run = request_.folder / trial_name(trial);
    if (look_at_lock(run).kind == LockState::held)
      return {};  // a process of an earlier start still writes it
    open_.pop_front();
    if (state_of(run) != RunState::done) return job_of(trials_[trial]);
    tell_complete(trial);  // it ended when nobody was there to tell of it
  }
  if (trials_.size() >= static_cast<std::size_t>(request_.own.integer("trials"))) return {};
  trials_.push_back(tuner_.ask());
  return job_of(trials_.back());
}

void SweepTrials::ended(const SweepJob& job, const JobEnd& end) {
  check_disk(end);
  const std::size_t trial = number_of_trial(job.run);
  tails_.erase(job.run);
  if (!is_failure(end)) {
    pruned_.erase(job.run);  // it came to its end before it was stopped
    tell_complete(trial);
    return progress_->done(request_.folder, job.run);
  }
  if (pruned_.contains(job.run)) {
    tuner_.give_up(trials_[trial].number, "pruned");
    return progress_->pruned(job.run);
  }
  const JobEnd told{end.exit_code, failure_of(end)};
  failures_[job.run] = told;
  progress_->failed(job.run, told.sentence);
  if (end.exit_code > 128) return;  // stopped from outside: the next start goes on with it
  tuner_.give_up(trials_[trial].number, "fail");
  record_.note_failure(job.run, told);
}

std::vector<std::string> SweepTrials::look(const std::vector<std::string>& running) {
  progress_->show(running);
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ < between_looks) return {};
  looked_at_ = now;
  std::vector<std::string> unwanted;
  for (const std::string& run : running) {
    auto& tail = tails_.try_emplace(run, request_.folder / run / "metrics.jsonl").first->second;
    const Validations validations = tail.next();
    if (validations.empty() || pruned_.contains(run)) continue;
    if (!tuner_.report(trials_[number_of_trial(run)].number, validations)) continue;
    pruned_.insert(run);
    unwanted.push_back(run);
  }
  return unwanted;
}

SweepPlan SweepTrials::plan() const {
  SweepPlan plan = trials_plan(request_);
  for (const TunedTrial& trial : trials_) {
    std::vector<SweepValue> setting;
    for (const std::string& name : plan.options)
      setting.push_back(tuned_value(*request_.option(name), trial.values.at(name)));
    plan.settings.push_back(std::move(setting));
    plan.names.push_back(trial_name(static_cast<std::size_t>(trial.number)));
  }
  return plan;
}

}  // namespace carousel::cli
