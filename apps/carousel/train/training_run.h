// One training run from the command line: a trainer whose updates reach the console and the run folder.
#pragma once

#include <memory>
#include <optional>

#include "carousel/tasks/registries.h"
#include "carousel/train/process_group.h"
#include "carousel/train/state_dict.h"

#include "options/arguments.h"
#include "runs/experiment.h"
#include "runs/request.h"
#include "runs/run_record.h"
#include "terminal/live_view.h"
#include "terminal/log.h"
#include "terminal/progress.h"
#include "train/gradient_watch.h"
#include "train/spike_watch.h"

namespace carousel::cli {

class TrainingRun {
 public:
  /// Reads the data, builds the model and, when a run is resumed, loads its checkpoint; from then on nobody else
  /// writes into it. Nothing is written yet, so that whatever is wrong leaves no trace. `command` is the whole command line, for meta.json.
  /// With a group (train/process_group.h) rank 0 speaks and writes, and the others train with it.
  TrainingRun(TrainRequest request, const Registries& registries, Words command,
              std::shared_ptr<ProcessGroup> group = nullptr);

  /// Makes the run folder, trains, prints the result. Returns the exit code.
  int run();

  /// In place of run(), for weights that were trained elsewhere: makes the run folder with checkpoints of
  /// them after 0 updates, measured on the validation data. `weights` are entries of the model, those not
  /// among them stay as they were drawn; `origin` goes into meta.json. Throws Error, with nothing left behind.
  nlohmann::json adopt(const TensorMap& weights, const nlohmann::json& origin);
  const Task& task() const { return *task_; }

 private:
  bool leads() const { return !group_ || group_->rank() == 0; }
  int follow();
  void say_processes();
  void resume_from_checkpoint();
  void load_checkpoint(const std::filesystem::path& checkpoint);
  void check_weights_are_drawn() const;
  void go_back();
  void restore_best();
  ValidationReport measured_weights(const std::string& file);
  void start_record();
  void open_record();
  RecordOptions record_options() const;
  void say_what_is_trained();
  void listen();
  void record_from(std::int64_t updates);
  void watch_from(std::int64_t updates);
  void resume_watch(std::int64_t updates);
  void went_on(const NonFiniteReport& report);
  void warn_of_another_rate();
  void update_done(const UpdateReport& report);
  void show_flow(const UpdateReport& report, bool due);
  void validation_done(const ValidationReport& report);
  void checkpoint_done(const std::filesystem::path& checkpoint);
  TrainingResult train_and_note_failure();
  void finish(const TrainingResult& result, int signal);
  nlohmann::json result_json(const TrainingResult& result) const;
  Symptoms known_symptoms() const;
  void diagnose(const UpdateReport& report);
  std::string what_goes_on(StopReason why) const;

  TrainRequest request_;
  Words words_;
  const CellRegistry::Entry& cell_;
  std::shared_ptr<ProcessGroup> group_;
  std::unique_ptr<Task> task_;
  std::shared_ptr<SequenceModel> model_;
  std::unique_ptr<Trainer> trainer_;
  std::int64_t first_ = 0;  // updates done before
  std::int64_t processes_before_ = 1;
  std::int64_t validated_ = -1;  // the last update that was, since the start
  bool starts_over_ = false;     // a run that stopped before its first checkpoint
  bool goes_back_ = false;       // to an earlier checkpoint than the last
  std::int64_t log_every_ = 1;   // updates

  Console console_;
  Log log_;
  std::optional<RunFolder> folder_;
  std::optional<RunLock> lock_;
  std::optional<RunRecord> record_;
  nlohmann::json meta_;
  nlohmann::json origin_;  // of weights trained elsewhere
  std::optional<Progress> progress_;
  std::optional<GradientWatch> watch_;
  std::optional<SpikeWatch> spikes_;
  std::optional<Verdict> failed_;  // the verdict that --fail-on stopped at
  std::optional<LiveView> live_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace carousel::cli
