// The tasks that can be chosen by name, each declared in one place.
//
// A task of your own is one file: a class that derives from Task, and a function that returns its TaskSpec.
// Give the spec to TaskRegistry::add and the command line, the configuration file, resume and sampling work with it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carousel/data/read_progress.h"
#include "carousel/data/table.h"
#include "carousel/model/model_options.h"
#include "carousel/tasks/settings.h"
#include "carousel/train/task.h"
#include "carousel/train/trainer.h"

namespace carousel {

/// Between text and tokens, for tasks that can write.
class TextCodec {
 public:
  virtual ~TextCodec() = default;
  /// Tokens of a text. Throws Error for a symbol that the alphabet lacks.
  virtual std::vector<std::int64_t> encode(const std::string& text) const = 0;
  virtual std::string decode(const std::vector<std::int64_t>& tokens) const = 0;
  /// The token that a sample starts from when no prime is given; it is not written.
  virtual std::int64_t start_token() const = 0;
  /// The token that ends a sample, or -1 when it goes on to the wanted length.
  virtual std::int64_t end_token() const = 0;
};

/// What a run keeps of its data, so that other data is read in the same way; empty: taken from the data.
struct TaskMemory {
  std::vector<std::string> alphabet = {};  ///< Task::alphabet()
  std::string schema = {};                 ///< Task::schema()
};

/// What a task is made with besides its settings.
struct TaskContext {
  std::uint64_t seed = 1;  ///< all that is left to chance depends on it alone
  TaskMemory memory = {};  ///< of the run that is continued or evaluated
  bool measured = false;   ///< only valid and test are read: a part to train on may be missing
  /// A table is only answered: all of it is the test split, targets may be missing. Rows from one forecast to the
  /// next, 0: one after the last row alone, below 0: the horizon.
  std::optional<std::int64_t> answer_every = {};
  const Table* table = nullptr;  ///< in place of the one that the settings name, to answer it
  OnReadProgress progress = {};  ///< told now and then while a table is read
};

struct TaskSpec {
  std::string name;
  std::string summary;  ///< what is learnt, in one line
  std::string needs;    ///< the file it needs and the option that names it, or "" when it is generated
  std::vector<Setting> settings;  ///< its own settings with their defaults; "batch" is always among them
  ModelOptions model;             ///< default model
  TrainerOptions training;        ///< default training; updates hold when `epochs` is 0
  double epochs = 0.0;            ///< default length for tasks with epochs
  std::function<std::unique_ptr<Task>(const Settings&, const TaskContext&)> make;
  /// For a run's alphabet; null when the task cannot write.
  std::function<std::unique_ptr<TextCodec>(const Settings&, const std::vector<std::string>& alphabet)> codec =
      {};
};

class TaskRegistry {
 public:
  /// Generated: adding, copy, order, reber, continual-reber, parity, words, flipflop, selective. Of data: charlm, names,
  /// music, vowels, mnist, series, classify.
  static TaskRegistry with_built_in();

  void add(TaskSpec spec);

  /// Throws Error naming the nearest match when there is no such task.
  const TaskSpec& find(const std::string& name) const;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, TaskSpec> specs_;
};

}  // namespace carousel
