#include "train/training_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/model/sequence_model.h"
#include "carousel/text.h"
#include "carousel/train/task.h"

#include "runs/checkpoints.h"
#include "terminal/output.h"
#include "train/banner.h"
#include "train/result.h"
#include "train/signals.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int64_t lines_a_run = 40;

TaskMemory given_memory(const TrainRequest& request) {
  return request.resumed ? read_memory(*request.resumed) : request.memory;
}

bool fails_on(const OptionValues& values, Verdict verdict) {
  std::string name(name_of(verdict));
  std::ranges::replace(name, ' ', '-');
  const std::string asked = values.text("fail-on");
  return asked == name || (asked == "any" && verdict != Verdict::healthy);
}

}  // namespace

TrainingRun::TrainingRun(TrainRequest request, const Registries& registries, Words command,
                         std::shared_ptr<ProcessGroup> group)
    : request_(std::move(request)),
      words_(std::move(command)),
      cell_(registries.cells.find(request_.values.text("cell"))),
      group_(std::move(group)),
      log_(console_, request_.values.flag("quiet")) {
  const OptionValues& values = request_.values;
  if (request_.resumed && leads()) lock_ = RunLock::take(request_.resumed->path());
  use_threads(values.integer("threads"));
  task_ = make_task(*request_.task, values, given_memory(request_));
  model_ = make_model(task_->facts(), values, registries.cells);
  trainer_ = std::make_unique<Trainer>(*task_, *model_, trainer_options(values, *task_), group_);
  const std::int64_t updates = trainer_->options().updates;
  log_every_ = values.is_set("log-every") ? in_updates(values, "log-every", *task_)
                                          : std::max<std::int64_t>(1, updates / lines_a_run);
  if (values.flag("live") && trainer_->options().flow_every == 0) {
    throw Error("--live shows recorded updates, but --flow-every is 0: give it a length such as 10u");
  }
  if (request_.resumed) resume_from_checkpoint();
}

Symptoms TrainingRun::known_symptoms() const {
  return {.forget_bias = request_.values.optional_number("forget-bias"),
          .chrono = request_.values.optional_number("chrono-tmax").has_value(),
          .recurrent_matrix = model_->recurrent().options.recurrence()->form != Recurrence::Form::none};
}

int TrainingRun::run() {
  if (!leads()) return follow();
  const StopOnSignal stop(*trainer_);
  try {
    start_record();
  } catch (...) {
    if (group_) group_->gather("");
    throw;
  }
  if (group_) group_->gather(folder_->path().string());
  say_what_is_trained();
  say_processes();
  warn_of_another_rate();
  listen();
  const TrainingResult result = train_and_note_failure();
  // One that comes when the training is at its end has stopped nothing.
  const int signal = result.why == StopReason::requested ? stop.received() : 0;
  finish(result, signal);
  constexpr int verdict_failed = 4;
  if (failed_) return verdict_failed;
  return signal == 0 ? 0 : 128 + signal;
}

/// What rank 0 does, but for everything that is seen of it.
int TrainingRun::follow() {
  const StopOnSignal stop(*trainer_);
  const std::string folder = group_->gather("").front();
  if (folder.empty()) throw ProcessError("rank 0 could not begin");
  trainer_->write_checkpoints_to(RunFolder::open(folder).checkpoints());
  const TrainingResult result = trainer_->run();
  const int signal = result.why == StopReason::requested ? stop.received() : 0;
  return signal == 0 ? 0 : 128 + signal;
}

void TrainingRun::say_processes() {
  const std::int64_t now = group_ ? group_->size() : 1;
  if (group_) {
    log_.say(fmt::format("processes {}, which share every batch", now));
    group_->remember("run", fs::absolute(folder_->path()).string());
  }
  if (now != processes_before_)
    log_.warn(
        fmt::format("the run goes on with {} in place of {} processes: sums are rounded in another order, "
                    "and what is drawn "
                    "while training (dropout, noise) is drawn anew",
                    now, processes_before_));
}

void TrainingRun::say_what_is_trained() {
  const BannerFacts facts{.task = *task_,
                          .model = *model_,
                          .recurrent = model_->recurrent(),
                          .trainer = *trainer_,
                          .values = request_.values,
                          .folder = folder_->path(),
                          .resumed_at = first_};
  for (const std::string& line : banner(facts)) log_.say(line);
  for (const std::string& line : without_effect(request_.values)) log_.warn(line);
}

void TrainingRun::listen() {
  watch_from(first_);
  if (request_.values.flag("live") && !request_.values.flag("quiet")) live_.emplace();
  trainer_->on_update([this](const UpdateReport& report) { update_done(report); });
  trainer_->on_validation([this](const ValidationReport& report) { validation_done(report); });
  trainer_->on_checkpoint([this](const fs::path& checkpoint) { checkpoint_done(checkpoint); });
  trainer_->on_non_finite([this](const NonFiniteReport& report) { went_on(report); });
}

void TrainingRun::update_done(const UpdateReport& report) {
  record_->write(report);
  progress_->add(report);
  for (const std::string& spike : spikes_->look(report)) log_.warn(spike);
  diagnose(report);
  const bool due = report.update % log_every_ == 0 || report.update == trainer_->options().updates;
  if (due) record_->flush();
  if (live_) show_flow(report, due);
  if (!request_.values.flag("quiet")) {
    if (console_.live()) console_.progress(progress_->done(), progress_->line());
    if (due && !console_.live()) return log_.say(progress_->line()), progress_->next();
  }
  if (due) log_.note(progress_->line()), progress_->next();
}

void TrainingRun::diagnose(const UpdateReport& report) {
  const auto changed = watch_->look(report);
  if (!changed) return;
  write_json(folder_->verdict(), watch_->to_json());
  if (changed->verdict == Verdict::healthy) {
    log_.say(changed->line());
  } else {
    log_.warn(changed->line());
  }
  if (!fails_on(request_.values, changed->verdict)) return;
  failed_ = changed->verdict;
  trainer_->request_stop();
}

void TrainingRun::show_flow(const UpdateReport& report, bool due) {
  const bool shows_reach = report.flow && !report.flow->losses_mixed;
  live_->add(report.update, report.loss, shows_reach ? &*report.flow : nullptr);
  if (console_.is_due()) console_.panel(live_->frame(console_.style()));
  if (!due || live_->empty()) return;
  const std::string line = live_->line(console_.style().unicode);
  console_.live() ? log_.note(line) : log_.say(line);
}

void TrainingRun::validation_done(const ValidationReport& report) {
  record_->write(report);
  record_->sync();
  validated_ = report.update;
  log_.say(validation_text(report, task_->facts()));
}

void TrainingRun::checkpoint_done(const fs::path& checkpoint) {
  const std::int64_t update = trainer_->updates_done(), count = request_.values.integer("keep");
  if (count > 0 && checkpoint.filename() == "last" && validated_ == update)
    keep_last_checkpoint(*folder_, update, count);
}

TrainingResult TrainingRun::train_and_note_failure() try {
  return trainer_->run();
} catch (const std::exception& error) {
  // A full disk must not hide behind the attempt to note it.
  try {
    log_.note(error.what());
    meta_["result"] = {{"reason", "failed"}, {"updates", trainer_->updates_done()}, {"error", error.what()}};
    write_json(folder_->meta(), meta_);
    record_->end(trainer_->updates_done(), SessionEnd::failure);
  } catch (const std::exception&) {
  }
  throw;
}

json TrainingRun::result_json(const TrainingResult& result) const {
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
  return {{"task", request_.task->name},
          {"cell", request_.values.text("cell")},
          {"parameters", count_parameters(*model_)},
          {"updates", result.updates},
          {"seconds", seconds.count()},
          {"reason", failed_ ? "verdict" : reason_name(result.why)},
          {"skipped", result.skipped},
          {"went_back", result.went_back},
          {"verdict",
           watch_ && watch_->diagnosis() ? json(name_of(watch_->diagnosis()->verdict)) : json(nullptr)},
          {"metric_name", task_->facts().metric},
          {"baseline", task_->facts().baseline},
          {"lower_is_better", task_->facts().lower_is_better},
          {"best", score_json(result.best)},
          {"last", score_json(result.last)},
          {"run", folder_->path().string()}};
}

void TrainingRun::finish(const TrainingResult& result, int signal) {
  const json summary = result_json(result);
  meta_["result"] = summary;
  write_json(folder_->meta(), meta_);
  if (watch_->diagnosis()) write_json(folder_->verdict(), watch_->to_json());
  if (live_ && console_.live()) console_.panel(live_->frame(console_.style()));
  console_.clear();
  record_->flush();
  if (result.why != StopReason::requested) record_->end(result.updates, SessionEnd::success);
  if (failed_) {
    log_.warn(fmt::format("stopped after update {}, saved: the verdict is {} and --fail-on names it",
                          result.updates, name_of(*failed_)));
  } else if (result.why == StopReason::requested) {
    log_.say(fmt::format("stopped by {} after update {}, saved; go on with: carousel train --resume {}",
                         signal_name(signal), result.updates, folder_->path().string()));
  } else if (request_.resumed && result.updates == first_) {
    log_.say(fmt::format("there was nothing left to do: {}", what_goes_on(result.why)));
  }
  print_if_read(request_.values.flag("json") ? json_text(summary) : result_text(summary));
}

std::string TrainingRun::what_goes_on(StopReason why) const {
  const auto now = [&](const char* option) { return request_.values.text(option); };
  if (why == StopReason::target_reached)
    return fmt::format("--stop-at {} is reached; give another, or none, to go on", now("stop-at"));
  if (why == StopReason::early_stop)
    return fmt::format("--patience {} is used up; give a larger one, or 0, to go on", now("patience"));
  return fmt::format("the {} of --train-for are done; give more to go on", now("train-for"));
}

}  // namespace carousel::cli
