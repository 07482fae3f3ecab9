// What a training run writes into its folder while it goes on; docs/files.md describes it.
//
//   config.toml         the options
//   meta.json           what made the run, and its result
//   metrics.jsonl       a line an update, and a line a validation
//   metrics.csv         the same as a table
//   flow/norms.jsonl    a line a recorded update (FlowRecord)
//   tb/                 the same for TensorBoard
//   alphabet.json       the symbols of a text task
//   schema.json         columns, kinds and scalings of a task over tables
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/io/file.h"
#include "carousel/io/run_folder.h"
#include "carousel/tasks/task_registry.h"
#include "carousel/train/trainer.h"

#include "runs/metrics_table.h"
#include "runs/run_events.h"

namespace carousel::cli {

/// What a record depends on besides its folder.
struct RecordOptions {
  MetricColumns columns;
  std::optional<EventSession> tensorboard = {};  ///< none: nothing is written for TensorBoard
};

class RunRecord {
 public:
  /// Starts the record of a new run, or goes on with one of which `updates` are kept: what was written after
  /// them, by a process that died before its next checkpoint, is dropped. What is damaged is left as it is, and
  /// damages() says so. Throws SystemError when the system refuses.
  RunRecord(const RunFolder& run, std::int64_t updates, const RecordOptions& options);

  void write(const UpdateReport& report);
  void write(const ValidationReport& report);

  /// A sentence for everything in the record that somebody damaged.
  const std::vector<std::string>& damages() const { return damages_; }

  /// Lets who watches see everything up to now.
  void flush();

  /// The same, and onto the disk: before a checkpoint, which must not be newer than its record.
  void sync();

  /// The training is over after `updates` of them.
  void end(std::int64_t updates, SessionEnd how);

 private:
  std::vector<std::string> damages_;
  AppendFile metrics_, norms_;
  MetricsTable table_;
  std::optional<RunEvents> events_;
};

/// Everything in meta.json but the result. `history` is the meta.json so far, of a resumed run.
struct RunFacts {
  std::vector<std::string> command_line;
  std::uint64_t seed = 0;
  std::int64_t threads = 0;
  std::string device;
  std::string engine;  ///< which one runs the cell, and why
  std::int64_t parameters = 0;
  std::vector<GateBias> forget_bias;
  TaskFacts task;
  nlohmann::json history = nlohmann::json::object();
};
nlohmann::json meta_json(const RunFacts& facts);

/// Indented, with a newline. What is not UTF-8, as a file name may be, is replaced.
std::string json_text(const nlohmann::json& content);
void write_json(const std::filesystem::path& path, const nlohmann::json& content);

/// Throws Error when the file is missing or is no JSON object.
nlohmann::json read_json(const std::filesystem::path& path);

/// The symbols of a run's tokens; empty for a task without.
std::vector<std::string> read_alphabet(const RunFolder& run);
/// The same from any file of that form. Throws Error when it is not one.
std::vector<std::string> read_alphabet_file(const std::filesystem::path& path);
/// alphabet.json and schema.json, where the run has them.
TaskMemory read_memory(const RunFolder& run);

/// What alphabet.json holds.
std::string alphabet_text(const std::vector<std::string>& alphabet);

/// What the facts say of a model's shape, as meta.json and the reference in Python have it.
nlohmann::json task_shape_json(const TaskFacts& task);

/// The task's facts as meta.json holds them, to build the model again without the data.
TaskFacts read_task_facts(const RunFolder& run);

}  // namespace carousel::cli
