// The trainer: one update as six numbered stages, and what goes on around it.
//
//   carousel::Trainer trainer(task, model, {.updates = 4000, .init = {.forget_bias = 1.0}});
//   trainer.on_update([](const carousel::UpdateReport& report) { ... });
//   carousel::TrainingResult result = trainer.run();
//
// The same seed and number of threads repeat a run bit for bit, also across a stop and a resume. Trainers in
// several threads of one process do not disturb each other, but torch's random numbers are of all of them: only
// what draws none while training, that is without dropout, is repeatable there.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carousel/flow/recorder.h"
#include "carousel/recurrent/initialise.h"
#include "carousel/torch_forward.h"
#include "carousel/train/clip.h"
#include "carousel/train/optimiser.h"
#include "carousel/train/schedule.h"
#include "carousel/train/task_facts.h"

namespace carousel {

class Model;
class OwnPart;
class ProcessGroup;
class Task;
class StepGuard;
struct Batch;

/// What to do about an update whose loss, gradient or step is not finite; the weights stay those before it.
enum class OnNonFinite {
  stop,  ///< save, and throw NonFiniteError
  skip,  ///< leave the update out and go on with the next batch
  /// Go back to the last validation, where all was well, and on from there at a lower rate; of a validation that is not finite too.
  back,
};

struct TrainerOptions {
  std::int64_t updates = 4000;        ///< updates in all
  std::int64_t accumulate = 1;        ///< batches of one update, which is that of one batch of them all
  std::int64_t tbptt = 0;             ///< steps after which the gradient is cut within a batch; 0: never
  std::int64_t validate_every = 500;  ///< updates between validations, 0: only at the end
  std::int64_t patience = 0;          ///< validations without a better metric before stopping, 0: never
  /// Updates between samples of the gradient flow, 0: nothing is recorded at all. At a sample the last step's
  /// loss is sent back alone too, where there are others.
  std::int64_t flow_every = 100;
  /// Record every update, not only the samples, where the fused engine runs: it costs little there.
  bool record_always = true;
  std::optional<double> target = {};    ///< stop when the validation metric is this good
  std::int64_t validation_batches = 0;  ///< batches of a validation, 0: all

  OnNonFinite on_non_finite = OnNonFinite::stop;
  double max_skipped_share = 0.1;  ///< of the updates so far that may be skipped; three always may
  double back_factor = 0.5;        ///< of the learning rate, each time training goes back
  std::int64_t max_backs = 10;     ///< times that training may go back

  /// Applied to the model's recurrent module when the trainer is made; the default changes no weight.
  InitOptions init = {};
  ClipOptions clip = {};
  OptimiserOptions optimiser = {};
  ScheduleOptions schedule = {};

  /// Folder for best/ and last/, and back/ for OnNonFinite::back; empty: none are written.
  std::filesystem::path checkpoints = {};
};

/// What one update did.
struct UpdateReport {
  std::int64_t update = 0;  ///< 1 for the first
  double loss = 0.0;        ///< mean over all that the batches of the update count
  double lr = 0.0;
  ClipReport clip = {};
  std::int64_t items = 0;               ///< time steps of data: steps times sequences
  double seconds = 0.0;                 ///< of the whole update
  std::optional<FlowRecord> flow = {};  ///< of its first batch, where it was recorded
  bool flow_sampled = false;            ///< whether this update was one of the samples
  bool kept = true;                     ///< false: it was not finite and was skipped, or training went back
};

/// An update or validation that was not finite, and from which training goes on.
struct NonFiniteReport {
  std::int64_t update = 0;  ///< that broke, or after which the validation did
  OnNonFinite done = OnNonFinite::skip;
  std::string what;               ///< what was not finite, and where
  std::int64_t goes_on_from = 0;  ///< updates done as of now
  double rate_factor = 1.0;       ///< of the learning rate from now on
};

struct ValidationReport {
  std::int64_t update = 0;
  Score score = {};
  bool best = false;  ///< the best metric so far; of equal ones that with the lower loss
};

enum class StopReason { finished, early_stop, target_reached, requested };

struct TrainingResult {
  StopReason why = StopReason::finished;
  std::int64_t updates = 0;
  std::optional<ValidationReport> last = {}, best = {};  ///< finite; nothing without validation data
  std::int64_t skipped = 0, went_back = 0;               ///< updates left out, and times gone back
};

class Trainer {
 public:
  /// Changes no weight but those that options.init asks for. Task and model must outlive the trainer.
  /// With a group (train/process_group.h) every process makes the same trainer, and all calls of it are made in all processes: each
  /// trains on its sequences of every batch, callbacks are called in each with what is of the whole, and rank 0 writes
  /// checkpoints, in a folder that all can read.
  /// Throws Error for an option that is out of range, and for processes that do not begin alike.
  Trainer(const Task& task, Model& model, TrainerOptions options,
          std::shared_ptr<ProcessGroup> group = nullptr);
  ~Trainer();

  /// Called after every update, every validation, and every written checkpoint (with its folder).
  void on_update(std::function<void(const UpdateReport&)> callback);
  void on_validation(std::function<void(const ValidationReport&)> callback);
  void on_checkpoint(std::function<void(const std::filesystem::path&)> callback);

  /// Called in place of the update's or validation's callback when training goes on from what was not finite.
  void on_non_finite(std::function<void(const NonFiniteReport&)> callback);

  /// One update. When the loss, a gradient, or what the step made of the weights and the optimiser's state is
  /// not finite, everything is put back as it was before the update, and options.on_non_finite says what
  /// follows: by default `last` is saved and NonFiniteError thrown, which names update, layer, gate and time step.
  UpdateReport step();

  /// Updates, validations and checkpoints until something ends the training. One that had come to its end when
  /// its state was saved, by its length, target or patience, is at its end still, and no update is made.
  /// A validation that is not finite is never the best nor at the target: it ends the training with
  /// NonFiniteError, after saving `last`.
  TrainingResult run();

  /// For a model whose weights were trained elsewhere: measures them as they are and writes best/ and last/
  /// of them, so that training goes on from them and is compared with them. Throws NonFiniteError, with
  /// nothing written, when the validation is not finite.
  ValidationReport begin_from_weights();

  /// Makes run() end after the current update. May be called from a signal handler.
  void request_stop() noexcept { stop_requested_ = true; }

  /// Where best/ and last/ are written from now on, in place of options.checkpoints: for a folder that is
  /// only made once the options have proved sound.
  void write_checkpoints_to(std::filesystem::path folder) { options_.checkpoints = std::move(folder); }

  /// Writes the whole state of the training (train/checkpoint.h). The folder is replaced whole or not at all.
  void save(const std::filesystem::path& folder) const;

  /// Goes on from a saved state: the next update is the one that would have come. Throws Error, with nothing
  /// changed, when a bit of the checkpoint is not what was saved, or when it is of another shape.
  void load(const std::filesystem::path& folder);

  std::int64_t updates_done() const { return update_; }

  /// The best validation so far; nothing before the first.
  const std::optional<ValidationReport>& best() const { return best_; }

  /// Takes the last validation for the best one, for a training whose best weights are there no more.
  void take_last_as_best() { best_ = last_; }

  /// The learning rate of the next update.
  double next_rate() const;
  /// What it was when the state that load() read was saved, if it is another now by more than a percent:
  /// another base rate, or a cosine over another number of updates.
  std::optional<double> rate_before_load() const { return rate_before_load_; }
  const std::vector<GateBias>& gate_bias() const { return gate_bias_; }
  const TrainerOptions& options() const { return options_; }

 private:
  struct BatchResult {
    double loss = 0.0;
    std::int64_t items = 0;
  };
  struct Start;
  BatchResult accumulate_gradients(const Batch& batch, double share, bool last);
  void record_last_loss(const torch::Tensor& loss, const torch::Tensor& output, const Batch& batch,
                        double share);
  ValidationReport validate();
  std::string broken_at(const UpdateReport& report, const Start& start);
  FlowRecord replay(const Start& start);
  UpdateReport go_on_from(UpdateReport report, const Start& start, const std::string& what,
                          const char* advice);
  bool may_skip() const;
  void skip_update(const std::string& what);
  bool may_go_back() const;
  void prepare_way_back();
  void go_back(std::int64_t broken, const std::string& what);
  void tell(const NonFiniteReport& report) const;
  [[noreturn]] void stop_non_finite(const std::string& what, const char* advice);
  std::optional<StopReason> validate_and_judge();
  FlowRecord take_flow(const UpdateReport& report, const Batch& first);
  std::optional<StopReason> after_validation(const ValidationReport& report);
  std::optional<StopReason> reason_to_end() const;
  bool is_stopped() const;
  bool is_validated() const { return last_ && last_->update == update_; }
  void checkpoint(const char* name);
  void write(const std::filesystem::path& folder, const std::vector<torch::Tensor>& carried) const;
  bool sample_is_due() const;
  bool records_always() const;
  bool is_better(double metric, double than) const;
  bool is_improvement(const Score& score, const Score& than) const;

  const Task& task_;
  Model& model_;
  TrainerOptions options_;
  std::unique_ptr<torch::optim::Optimizer> optimiser_;
  Schedule schedule_;
  std::shared_ptr<FlowRecorder> recorder_;
  bool sampling_ = false;  // whether the update that goes on is a sample
  std::vector<GateBias> gate_bias_;
  std::unique_ptr<StepGuard> guard_;
  std::unique_ptr<OwnPart> part_;
  bool stops_ = false;  // whether a process was asked to stop, and all know

  std::int64_t update_ = 0;             // updates done
  std::vector<torch::Tensor> carried_;  // states for a batch that continues
  std::optional<ValidationReport> best_, last_;
  std::int64_t without_improvement_ = 0;  // validations
  std::int64_t skipped_ = 0, backs_ = 0;
  double rate_factor_ = 1.0;  // of the schedule's rate, after going back
  std::optional<double> rate_before_load_;
  std::atomic<bool> stop_requested_ = false;

  std::vector<std::function<void(const UpdateReport&)>> update_callbacks_;
  std::vector<std::function<void(const ValidationReport&)>> validation_callbacks_;
  std::vector<std::function<void(const std::filesystem::path&)>> checkpoint_callbacks_;
  std::vector<std::function<void(const NonFiniteReport&)>> non_finite_callbacks_;
};

}  // namespace carousel
