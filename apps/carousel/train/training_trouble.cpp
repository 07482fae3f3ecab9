// How a run goes on from what was not finite, and what it says of a learning rate that is another after a stop.
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/train/task.h"

#include "runs/record_lines.h"
#include "train/training_run.h"

namespace carousel::cli {

namespace fs = std::filesystem;
using nlohmann::json;

void TrainingRun::record_from(std::int64_t updates) {
  record_.reset();  // what it has open is closed before it is shortened
  record_.emplace(*folder_, updates, record_options());
  std::vector<std::string> damages = record_->damages();
  spikes_.emplace(*folder_, updates,
                  SpikeContext{.task = *task_,
                               .seed = static_cast<std::uint64_t>(request_.values.integer("seed")),
                               .accumulate = trainer_->options().accumulate},
                  damages);
  if (fs::exists(folder_->non_finite())) open_up_to(folder_->non_finite(), updates, damages);
  for (const std::string& damage : damages) log_.warn(damage);
}

void TrainingRun::watch_from(std::int64_t updates) {
  watch_.emplace(known_symptoms(), trainer_->options().clip);
  if (fs::exists(folder_->verdict())) {
    resume_watch(updates);
    if (!watch_->diagnosis()) fs::remove(folder_->verdict());  // all of it comes after these updates
  }
  progress_.emplace(updates, trainer_->options().updates, trainer_->options().clip.mode);
}

/// Verdicts are there to be looked at: a damaged one does not keep a run from going on.
void TrainingRun::resume_watch(std::int64_t updates) try {
  watch_->resume(read_json(folder_->verdict()), updates);
} catch (const Error& error) {
  watch_.emplace(known_symptoms(), trainer_->options().clip);
  log_.warn(fmt::format("{}; the diagnosis begins anew", error.what()));
}

void TrainingRun::went_on(const NonFiniteReport& report) {
  const bool back = report.done == OnNonFinite::back;
  // The line counts as one of the update that training goes on from: a run that is resumed there keeps it.
  const json line{{"update", report.goes_on_from},
                  {"broke_at", report.update},
                  {"done", back ? "back" : "skip"},
                  {"rate_factor", report.rate_factor},
                  {"what", report.what}};
  AppendFile(folder_->non_finite()).append(line.dump());
  if (!back) return log_.warn(fmt::format("{}; the update is left out", report.what));
  record_from(report.goes_on_from);
  watch_from(report.goes_on_from);
  log_.warn(fmt::format("{}; back to update {}, and on at {:.3g} of the scheduled learning rate", report.what,
                        report.goes_on_from, report.rate_factor));
}

void TrainingRun::warn_of_another_rate() {
  const auto before = trainer_->rate_before_load();
  if (!before) return;
  const bool cosine = trainer_->options().schedule.kind == ScheduleKind::cosine;
  log_.warn(fmt::format("the learning rate of update {} is {:.3g}, and was to be {:.3g} before the stop{}",
                        first_ + 1, trainer_->next_rate(), *before,
                        cosine ? fmt::format(": --schedule cosine spreads over --train-for, which is {} now",
                                             request_.values.text("train-for"))
                               : ""));
}

}  // namespace carousel::cli
