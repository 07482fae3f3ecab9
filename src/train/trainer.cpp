#include "carousel/train/trainer.h"

#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <torch/optim/optimizer.h>

#include "carousel/error.h"
#include "carousel/recurrent/listening.h"
#include "carousel/train/evaluate.h"
#include "carousel/train/model.h"
#include "carousel/train/parameters.h"
#include "carousel/train/task.h"

#include "recurrent/random_state.h"
#include "train/non_finite.h"
#include "train/own_part.h"
#include "train/step_guard.h"
#include "train/update_batches.h"

namespace carousel {

using torch::Tensor;

namespace {

void check(const TrainerOptions& options) {
  const auto at_least = [](const char* option, std::int64_t value, std::int64_t least) {
    if (value < least) throw Error(fmt::format("{} is {}: it must be at least {}", option, value, least));
  };
  at_least("the number of updates", options.updates, 1);
  at_least("--accumulate", options.accumulate, 1);
  at_least("--tbptt", options.tbptt, 0);
  at_least("--validate-every", options.validate_every, 0);
  at_least("--patience", options.patience, 0);
  at_least("--flow-every", options.flow_every, 0);
  at_least("--validation-batches", options.validation_batches, 0);
  at_least("max_backs", options.max_backs, 0);
  if (!(options.back_factor > 0.0 && options.back_factor < 1.0))
    throw Error(fmt::format("--back-factor is {}: it must be above 0 and below 1", options.back_factor));
  if (!(options.max_skipped_share >= 0.0 && options.max_skipped_share <= 1.0))
    throw Error(fmt::format("--max-skipped is {}: it must be from 0 to 1", options.max_skipped_share));
  check(options.clip);
}

ScheduleOptions with_total(ScheduleOptions schedule, std::int64_t updates) {
  if (schedule.total_updates == 0) schedule.total_updates = updates;
  return schedule;
}

}  // namespace

Trainer::Trainer(const Task& task, Model& model, TrainerOptions options, std::shared_ptr<ProcessGroup> group)
    : task_(task),
      model_(model),
      options_((check(options), std::move(options))),
      optimiser_(make_optimiser(options_.optimiser, parameter_tensors(model))),
      schedule_(with_total(options_.schedule, options_.updates), options_.optimiser.lr),
      gate_bias_(initialise(model.recurrent(), options_.init)),
      guard_(std::make_unique<StepGuard>(parameters_once(model), *optimiser_)),
      part_(std::make_unique<OwnPart>(std::move(group), task, model)) {}

Trainer::~Trainer() = default;

void Trainer::on_update(std::function<void(const UpdateReport&)> callback) {
  update_callbacks_.push_back(std::move(callback));
}
void Trainer::on_validation(std::function<void(const ValidationReport&)> callback) {
  validation_callbacks_.push_back(std::move(callback));
}
void Trainer::on_checkpoint(std::function<void(const std::filesystem::path&)> callback) {
  checkpoint_callbacks_.push_back(std::move(callback));
}

void Trainer::on_non_finite(std::function<void(const NonFiniteReport&)> callback) {
  non_finite_callbacks_.push_back(std::move(callback));
}

double Trainer::next_rate() const {
  return schedule_.rate(update_) * rate_factor_;
}

bool Trainer::sample_is_due() const {
  // The first and the last update too: where training starts from, and where it got to.
  if (options_.flow_every == 0) return false;
  const std::int64_t number = update_ + 1;
  return number == 1 || number == options_.updates || number % options_.flow_every == 0;
}

bool Trainer::records_always() const {
  return options_.flow_every > 0 && options_.record_always &&
         model_.recurrent().engine_choice().engine == Engine::fused;
}

UpdateReport Trainer::step() {
  const auto begin = std::chrono::steady_clock::now();
  const Start start{generator_state(), carried_};
  UpdateReport report{.update = update_ + 1, .lr = next_rate(), .items = 0, .seconds = 0.0};

  // 1. Listen: every time step's gradient is measured, in the first batch.
  sampling_ = sample_is_due();
  recorder_ = sampling_ || records_always() ? std::make_shared<FlowRecorder>() : nullptr;

  // 2. Forward and backward: gradients of the mean loss over all that the accumulated batches count.
  model_.train();
  optimiser_->zero_grad();
  OwnPart::Draws draws(*part_, start.generator, update_);
  auto listener = recorder_;
  const auto batches = batches_of(task_, update_, options_.accumulate);
  for (const auto& [batch, share] : batches) {
    const Listening listening(model_.recurrent(), std::exchange(listener, nullptr));
    const auto result = accumulate_gradients(batch, share, &batch == &batches.back().batch);
    report.loss += result.loss;
    report.items += result.items;
  }
  const auto agreed = part_->sum({report.loss, stop_requested_ ? 1.0 : 0.0, draws.drew() ? 1.0 : 0.0});
  report.loss = agreed[0], stops_ = agreed[1] > 0.0;
  draws.end(agreed[2] > 0.0);

  // 3. Clip, and look at what was clipped.
  report.clip = clip_gradients(model_, options_.clip);

  // 4. Refuse to learn from what is not a number.
  if (!std::isfinite(report.loss) || !report.clip.finite())
    return go_on_from(report, start, broken_at(report, start), after_a_bad_gradient);

  // 5. Optimise at the schedule's rate; a step that breaks the weights is taken back.
  if (const auto broken = guard_->step(report.lr))
    return go_on_from(report, start, what_step_broke(report, *broken), after_a_bad_step);
  ++update_;

  // 6. Report.
  if (recorder_) report.flow = take_flow(report, batches.front().batch);
  report.flow_sampled = sampling_;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (const auto& callback : update_callbacks_) callback(report);
  return report;
}

Trainer::BatchResult Trainer::accumulate_gradients(const Batch& whole, double share, bool last) {
  const auto part = part_->of(whole);
  if (part.sequences() == 0) {
    part_->backward({}, last);
    for (auto& state : carried_) state = state.narrow(1, 0, 0);
    return {.loss = 0.0, .items = whole.items()};
  }
  const double own = part_->is_whole() ? 1.0 : task_.loss_count(part) / task_.loss_count(whole);
  const auto batch = part.to(device_of(model_), dtype_of(model_));
  if (!batch.continues) carried_.clear();
  auto prediction = model_.predict(batch, carried_, options_.tbptt);
  const auto loss = task_.loss(prediction.output, batch);
  if (sampling_ && recorder_ && model_.recurrent().reports_to(recorder_) && task_.facts().every_step)
    record_last_loss(loss, prediction.output, batch, own);
  share *= own;
  part_->backward(share == 1.0 ? loss : loss * share, last);
  carried_.clear();
  for (const auto& state : prediction.states) carried_.push_back(state.detach());
  return {loss.item<double>() * share, whole.items()};
}

void Trainer::record_last_loss(const Tensor& loss, const Tensor& output, const Batch& batch, double share) {
  // The gradient of the loss at each sequence's last step, sent back alone. grad() touches no parameter's
  // gradient.
  const auto at_output = torch::autograd::grad({loss}, {output}, {}, /*retain_graph=*/true)[0];
  auto last = at_output * last_step_mask(batch).unsqueeze(-1).to(output.scalar_type());
  if (share != 1.0) last = last * share;
  auto ends = trainable_tensors(model_.recurrent());  // grad() refuses the others
  if (ends.empty())
    ends = trainable_tensors(model_);  // the way to an embedding leads through a frozen module
  torch::autograd::grad({output}, ends, {last}, /*retain_graph=*/true, /*create_graph=*/false,
                        /*allow_unused=*/true);
  recorder_->last_loss_done();
}

FlowRecord Trainer::take_flow(const UpdateReport& report, const Batch& first) {
  auto record = recorder_->take();
  part_->join(record, first);
  recorder_.reset();
  record.update = report.update;
  record.parameters = report.clip.parameters;
  record.losses_mixed = task_.facts().every_step && !sampling_;
  guard_->measure(record.parameters);
  return record;
}

}  // namespace carousel
