// Where an update broke, and what follows: stopping, skipping it, or going back.
#include "train/non_finite.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/optim/optimizer.h>

#include "carousel/error.h"
#include "carousel/recurrent/listening.h"
#include "carousel/text.h"
#include "carousel/train/checkpoint.h"
#include "carousel/train/model.h"
#include "carousel/train/task.h"

#include "recurrent/random_state.h"
#include "train/own_part.h"
#include "train/update_batches.h"

namespace carousel {

namespace {

constexpr std::int64_t always_skippable = 3;

std::string layer_text(LayerId id) {
  return fmt::format("layer {}{}", id.layer, id.reverse ? " reverse" : "");
}

/// "in layer 0, gate forget".
std::string place_text(const FlowRecord& flow, LayerId layer, std::int64_t step) {
  const auto gates = flow.bad_gates(layer, step);
  if (gates.empty()) return "in " + layer_text(layer);
  return fmt::format("in {}, {} {}", layer_text(layer), gates.size() == 1 ? "gate" : "gates", join(gates));
}

}  // namespace

std::string what_broke(const UpdateReport& report, const FlowRecord& replayed) {
  std::string message = fmt::format("update {}: ", report.update);
  const bool finite_loss = std::isfinite(report.loss);
  if (!finite_loss) message += std::isnan(report.loss) ? "the loss is nan" : "the loss is infinite";
  if (!report.clip.finite()) {
    message += fmt::format("{}the gradient of {} is not finite", finite_loss ? "" : " and ",
                           report.clip.first_non_finite);
  }
  if (const auto step = replayed.first_bad_state) {
    return message + fmt::format(", from time step {} on the state is not finite, first {}", *step + 1,
                                 place_text(replayed, replayed.first_bad_layer, *step));
  }
  if (const auto step = replayed.last_bad_gradient) {
    return message + fmt::format(", on its way back the gradient broke at time step {} in {}", *step + 1,
                                 layer_text(replayed.last_bad_layer));
  }
  return message + ", every time step's state and gradient is finite: it arose in the head or the loss";
}

std::string what_step_broke(const UpdateReport& report, const std::string& parameter) {
  return fmt::format(
      "update {}: the gradient is finite (norm {:.3g}), but its step at rate {:.3g} makes {} or what the "
      "optimiser keeps of it infinite",
      report.update, report.clip.norm_after, report.lr, parameter);
}

/// Of several processes the first in which time steps broke; where there is none, it arose after them in all.
std::string Trainer::broken_at(const UpdateReport& report, const Start& start) {
  const FlowRecord replayed = replay(start);
  const std::string what = what_broke(report, replayed);
  if (part_->is_whole()) return what;
  const bool here = replayed.first_bad_state || replayed.last_bad_gradient;
  const std::string first = part_->first_of(here ? what : "");
  return first.empty() ? what : first;
}

FlowRecord Trainer::replay(const Start& start) {
  // The same batches once more, from the same random numbers and states, every time step observed.
  set_generator_state(start.generator);
  carried_ = start.carried;
  optimiser_->zero_grad();
  OwnPart::Draws draws(*part_, start.generator, update_);
  FlowRecord record;
  for (const auto& [batch, share] : batches_of(task_, update_, options_.accumulate)) {
    recorder_ = std::make_shared<FlowRecorder>();
    const Listening listening(model_.recurrent(), recorder_);
    accumulate_gradients(batch, share, /*last=*/false);
    record = recorder_->take();
    if (record.first_bad_state || record.last_bad_gradient) break;
  }
  return record;
}

UpdateReport Trainer::go_on_from(UpdateReport report, const Start& start, const std::string& what,
                                 const char* advice) {
  set_generator_state(start.generator);
  carried_ = start.carried;
  optimiser_->zero_grad();
  recorder_.reset();
  report.kept = false;
  if (may_skip()) {
    skip_update(what);
  } else if (may_go_back()) {
    go_back(report.update, what);
  } else {
    stop_non_finite(what, advice);
  }
  return report;
}

bool Trainer::may_skip() const {
  if (options_.on_non_finite != OnNonFinite::skip) return false;
  const double allowed = options_.max_skipped_share * static_cast<double>(update_ + 1);
  return skipped_ < always_skippable || static_cast<double>(skipped_ + 1) <= allowed;
}

void Trainer::skip_update(const std::string& what) {
  ++skipped_;
  ++update_;
  tell({.update = update_,
        .done = OnNonFinite::skip,
        .what = what,
        .goes_on_from = update_,
        .rate_factor = rate_factor_});
}

bool Trainer::may_go_back() const {
  return options_.on_non_finite == OnNonFinite::back && backs_ < options_.max_backs &&
         !options_.checkpoints.empty();
}

/// Where training goes back to is a checkpoint of its own, of the latest validation: `last` may be of any
/// update at which a signal came, and then a run that was interrupted would go on otherwise than one that was not.
void Trainer::prepare_way_back() {
  if (options_.on_non_finite != OnNonFinite::back) return;
  if (options_.checkpoints.empty())
    throw Error("going back needs checkpoints: set TrainerOptions::checkpoints, or stop or skip instead");
  const std::int64_t every = options_.validate_every;
  const std::int64_t validated = every > 0 ? update_ / every * every : 0;
  const bool is_there = checkpoint_update(options_.checkpoints / "back") == validated;
  if (!is_there || update_ == validated) checkpoint("back");
}

void Trainer::go_back(std::int64_t broken, const std::string& what) {
  const std::int64_t backs = backs_ + 1;
  const double factor = rate_factor_ * options_.back_factor;
  if (!checkpoint_update(options_.checkpoints / "back")) prepare_way_back();
  load(options_.checkpoints / "back");
  rate_before_load_.reset();
  backs_ = backs;
  rate_factor_ = factor;
  for (const char* name : {"back", "last"}) checkpoint(name);
  tell({.update = broken,
        .done = OnNonFinite::back,
        .what = what,
        .goes_on_from = update_,
        .rate_factor = rate_factor_});
}

void Trainer::tell(const NonFiniteReport& report) const {
  for (const auto& callback : non_finite_callbacks_) callback(report);
}

void Trainer::stop_non_finite(const std::string& what, const char* advice) {
  std::string message = what;
  if (skipped_ > 0) message += fmt::format("; {} of {} updates were skipped before", skipped_, update_);
  if (backs_ > 0) message += fmt::format("; training went back {} times before", backs_);
  const bool tried = (options_.on_non_finite == OnNonFinite::skip && skipped_ > 0) ||
                     (options_.on_non_finite == OnNonFinite::back && backs_ > 0);
  if (!options_.checkpoints.empty()) {
    const auto last = options_.checkpoints / "last";
    save(last);
    message += fmt::format("; the weights after update {} are in {}", update_, last.string());
  }
  throw NonFiniteError(fmt::format("{}; {}", message, tried ? after_too_much_trouble : advice));
}

}  // namespace carousel
