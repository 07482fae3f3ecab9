#include "carousel/train/trainer.h"

#include <chrono>
#include <cmath>

#include <fmt/format.h>
#include <torch/optim/optimizer.h>

#include "carousel/error.h"
#include "carousel/train/evaluate.h"
#include "carousel/train/model.h"
#include "carousel/train/task.h"

#include "train/random_state.h"
#include "train/update_size.h"

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
  check(options.clip);
}

ScheduleOptions with_total(ScheduleOptions schedule, std::int64_t updates) {
  if (schedule.total_updates == 0) schedule.total_updates = updates;
  return schedule;
}

/// While it lives, `observer` listens to a module; null leaves whoever listens already.
class Listening {
 public:
  Listening(RecurrentBase& module, const std::shared_ptr<FlowObserver>& observer)
      : module_(module), before_(module.observer()) {
    if (observer) module_.observe(observer);
  }
  ~Listening() { module_.observe(before_); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  RecurrentBase& module_;
  std::shared_ptr<FlowObserver> before_;
};

/// Update, loss, parameter and time step, in one sentence.
std::string what_broke(const UpdateReport& report, const FlowRecord& replayed) {
  std::string message = fmt::format("update {}: ", report.update);
  const bool finite_loss = std::isfinite(report.loss);
  if (!finite_loss) message += std::isnan(report.loss) ? "the loss is nan" : "the loss is infinite";
  if (!report.clip.finite()) {
    message += fmt::format("{}the gradient of {} is not finite", finite_loss ? "" : " and ",
                           report.clip.first_non_finite);
  }
  if (replayed.first_bad_state)
    return message +
           fmt::format(", from time step {} on the state is not finite", *replayed.first_bad_state + 1);
  if (replayed.last_bad_gradient)
    return message + fmt::format(", on its way back the gradient broke at time step {}",
                                 *replayed.last_bad_gradient + 1);
  return message + ", every time step's state and gradient is finite: it arose in the head or the loss";
}

}  // namespace

Trainer::Trainer(const Task& task, Model& model, TrainerOptions options)
    : task_(task),
      model_(model),
      options_((check(options), std::move(options))),
      optimiser_(make_optimiser(options_.optimiser, model.parameters())),
      schedule_(with_total(options_.schedule, options_.updates), options_.optimiser.lr),
      gate_bias_(initialise(model.recurrent(), options_.init)),
      update_size_(std::make_unique<UpdateSize>()) {}

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

bool Trainer::sample_is_due() const {
  // The first and the last update too: where training starts from, and where it got to.
  if (options_.flow_every == 0) return false;
  const std::int64_t number = update_ + 1;
  return number == 1 || number == options_.updates || number % options_.flow_every == 0;
}

bool Trainer::records_always() const {
  // An observer of the user's own gives way to the samples only.
  return options_.flow_every > 0 && options_.record_always && !model_.recurrent().observer() &&
         model_.recurrent().engine_choice().engine == Engine::fused;
}

UpdateReport Trainer::step() {
  const auto start = std::chrono::steady_clock::now();
  const auto generator = generator_state();
  const auto carried_before = carried_;
  UpdateReport report{.update = update_ + 1, .lr = schedule_.rate(update_), .items = 0, .seconds = 0.0};

  // 1. Listen: every time step's gradient is measured, in the first batch.
  sampling_ = sample_is_due();
  recorder_ = sampling_ || records_always() ? std::make_shared<FlowRecorder>() : nullptr;

  // 2. Forward and backward: gradients of the mean loss over the accumulated batches.
  model_.train();
  optimiser_->zero_grad();
  for (std::int64_t i = 0; i < options_.accumulate; ++i) {
    const Listening listening(model_.recurrent(), i == 0 ? recorder_ : nullptr);
    const auto result = accumulate_gradients(update_ * options_.accumulate + i);
    report.loss += result.loss / static_cast<double>(options_.accumulate);
    report.items += result.items;
  }

  // 3. Clip, and look at what was clipped.
  report.clip = clip_gradients(model_, options_.clip);

  // 4. Refuse to learn from what is not a number.
  if (!std::isfinite(report.loss) || !report.clip.finite()) {
    carried_ = carried_before;
    stop_non_finite(report, generator);
  }

  // 5. Optimise at the schedule's rate.
  set_learning_rate(*optimiser_, report.lr);
  if (recorder_) update_size_->before(model_);
  optimiser_->step();
  ++update_;

  // 6. Report.
  if (recorder_) report.flow = take_flow(report);
  report.flow_sampled = sampling_;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (const auto& callback : update_callbacks_) callback(report);
  return report;
}

Trainer::BatchResult Trainer::accumulate_gradients(std::int64_t index) {
  const auto batch = task_.batch(Split::train, index).to(device_of(model_), dtype_of(model_));
  if (!batch.continues) carried_.clear();
  auto prediction = model_.predict(batch, carried_, options_.tbptt);
  const auto loss = task_.loss(prediction.output, batch);
  if (sampling_ && recorder_ && model_.recurrent().observer() == recorder_ && task_.facts().every_step)
    record_last_loss(loss, prediction.output, batch);
  (options_.accumulate == 1 ? loss : loss / static_cast<double>(options_.accumulate)).backward();
  carried_.clear();
  for (const auto& state : prediction.states) carried_.push_back(state.detach());
  return {loss.item<double>(), batch.items()};
}

void Trainer::record_last_loss(const Tensor& loss, const Tensor& output, const Batch& batch) {
  // The gradient of the loss at each sequence's last step, sent back alone. grad() touches no parameter's
  // gradient.
  const auto at_output = torch::autograd::grad({loss}, {output}, {}, /*retain_graph=*/true)[0];
  const auto last = at_output * last_step_mask(batch).unsqueeze(-1).to(output.scalar_type());
  torch::autograd::grad({output}, model_.recurrent().parameters(), {last}, /*retain_graph=*/true,
                        /*create_graph=*/false, /*allow_unused=*/true);
  recorder_->last_loss_done();
}

FlowRecord Trainer::take_flow(const UpdateReport& report) {
  auto record = recorder_->take();
  recorder_.reset();
  record.update = report.update;
  record.parameters = report.clip.parameters;
  record.losses_mixed = task_.facts().every_step && !sampling_;
  update_size_->after(record.parameters);
  return record;
}

FlowRecord Trainer::replay(const Tensor& generator) {
  const auto carried = carried_;
  set_generator_state(generator);
  FlowRecord record;
  for (std::int64_t i = 0; i < options_.accumulate && !record.first_bad_state && !record.last_bad_gradient;
       ++i) {
    recorder_ = std::make_shared<FlowRecorder>();
    const Listening listening(model_.recurrent(), recorder_);
    accumulate_gradients(update_ * options_.accumulate + i);
    record = recorder_->take();
  }
  set_generator_state(generator);
  carried_ = carried;
  optimiser_->zero_grad();
  return record;
}

void Trainer::stop_non_finite(const UpdateReport& report, const Tensor& generator) {
  // The same batches once more, from the same random numbers and states, every time step observed: where was
  // it?
  optimiser_->zero_grad();
  std::string message = what_broke(report, replay(generator));
  if (!options_.checkpoints.empty()) {
    const auto last = options_.checkpoints / "last";
    save(last);
    message += fmt::format("; the weights before this update are in {}", last.string());
  }
  throw NonFiniteError(message + "; try a lower --lr, a lower --clip-norm or --init-recurrent orthogonal");
}

}  // namespace carousel
