// What the trainer does between updates: validations, what is best, checkpoints, and when to stop.
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"
#include "carousel/train/evaluate.h"
#include "carousel/train/model.h"
#include "carousel/train/task.h"
#include "carousel/train/trainer.h"

#include "train/non_finite.h"
#include "train/own_part.h"

namespace carousel {

bool Trainer::is_better(double metric, double than) const {
  return task_.facts().lower_is_better ? metric < than : metric > than;
}

bool Trainer::is_improvement(const Score& score, const Score& than) const {
  // A metric that counts, such as accuracy, has ties: the loss goes on telling better from worse.
  if (score.metric() == than.metric()) return score.loss() < than.loss();
  return is_better(score.metric(), than.metric());
}

ValidationReport Trainer::validate() {
  ValidationReport report{
      .update = update_,
      .score = evaluate(task_, model_, Split::valid, options_.validation_batches, {}, part_->group())};
  // The score is a number: evaluate() throws where it is not, so that nothing else is compared or saved.
  report.best = !best_ || is_improvement(report.score, best_->score);
  if (report.best) best_ = report;
  without_improvement_ = report.best ? 0 : without_improvement_ + 1;
  last_ = report;
  schedule_.observe(report.score.loss());
  for (const auto& callback : validation_callbacks_) callback(report);
  return report;
}

/// A process that was asked is heard by all in the next update: they stop together.
bool Trainer::is_stopped() const {
  return part_->is_whole() ? stop_requested_.load() : stops_;
}

void Trainer::checkpoint(const char* name) {
  if (options_.checkpoints.empty()) return;
  const auto folder = options_.checkpoints / name;
  save(folder);
  for (const auto& callback : checkpoint_callbacks_) callback(folder);
}

std::optional<StopReason> Trainer::after_validation(const ValidationReport& report) {
  if (report.best) checkpoint("best");
  checkpoint("last");
  if (options_.on_non_finite == OnNonFinite::back) checkpoint("back");
  return reason_to_end();
}

std::optional<StopReason> Trainer::reason_to_end() const {
  // Weights that were trained elsewhere are there to be trained on, however good.
  if (!is_validated() || update_ == 0) return {};
  if (options_.target) {
    const double metric = last_->score.metric();
    if (metric == *options_.target || is_better(metric, *options_.target)) return StopReason::target_reached;
  }
  if (options_.patience > 0 && without_improvement_ >= options_.patience) return StopReason::early_stop;
  return {};
}

std::optional<StopReason> Trainer::validate_and_judge() {
  std::string what;
  try {
    return after_validation(validate());
  } catch (const NonFiniteError& error) {
    what = fmt::format("validation after update {}: {}", update_, error.what());
  }
  if (!may_go_back()) stop_non_finite(what, after_a_bad_validation);
  go_back(update_, what);
  return {};
}

TrainingResult Trainer::run() {
  std::optional<StopReason> why = reason_to_end();
  const bool validates = task_.batches(Split::valid) > 0;
  prepare_way_back();
  while (!why && update_ < options_.updates && !is_stopped()) {
    const bool went_back = !step().kept && options_.on_non_finite == OnNonFinite::back;
    const bool due = options_.validate_every > 0 && update_ % options_.validate_every == 0;
    if (validates && !went_back && (due || update_ == options_.updates)) why = validate_and_judge();
  }
  if (!why && validates && update_ == options_.updates && !is_validated()) why = validate_and_judge();
  if (!why) why = update_ < options_.updates ? StopReason::requested : StopReason::finished;
  if (*why == StopReason::requested || !validates) checkpoint("last");
  return {.why = *why,
          .updates = update_,
          .last = last_,
          .best = best_,
          .skipped = skipped_,
          .went_back = backs_};
}

ValidationReport Trainer::begin_from_weights() {
  const ValidationReport report = validate();
  after_validation(report);
  return report;
}

}  // namespace carousel
