// What is learnt: where batches come from, what the loss is and what is reported.
//
// The trainer knows a task through this interface only. tasks/ has the built-in ones; one of your own is a
// class that derives from Task and a TaskSpec beside it (tasks/task_registry.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/types.h>

namespace carousel {

enum class Split { train, valid, test };

/// T steps, B sequences, time-major, on the CPU until the trainer moves it.
struct Batch {
  torch::Tensor input = {};    ///< [T, B, I] floating point features, or [T, B] int64 tokens
  torch::Tensor target = {};   ///< what the task's loss compares with; any shape
  torch::Tensor lengths = {};  ///< [B] int64 on the CPU: steps of each sequence; undefined when all have T
  bool continues =
      false;  ///< the sequences go on where the previous batch of the split ended: the state is carried over
  std::vector<std::int64_t> examples =
      {};  ///< which examples of the data these are, to find them again; may be empty

  std::int64_t steps() const { return input.size(0); }
  std::int64_t sequences() const { return input.size(1); }
  /// Time steps of real data: the sum of the lengths.
  std::int64_t items() const;
  /// The batch on a device, its features in a dtype (tokens stay integers).
  Batch to(torch::Device device, torch::Dtype dtype) const;
};

/// [T, B] of 1 where a sequence still runs and 0 after its end; all ones when lengths are undefined.
torch::Tensor step_mask(const Batch& batch);

/// [T, B] of 1 at each sequence's last step and 0 elsewhere.
torch::Tensor last_step_mask(const Batch& batch);

/// Sums over what was evaluated, so that scores of batches add up.
struct Score {
  double loss_sum = 0.0, loss_count = 0.0;
  double metric_sum = 0.0, metric_count = 0.0;

  double loss() const { return loss_sum / loss_count; }
  double metric() const { return metric_sum / metric_count; }
  Score& operator+=(const Score& other);
};

/// What the model must look like, and what a number means.
struct TaskFacts {
  std::string name;
  bool tokens = false;  ///< the input is tokens 0 ... input_size - 1, else input_size features a step
  std::int64_t input_size = 1;
  std::int64_t output_size = 1;
  bool every_step = false;      ///< an output at every step [T, B, K], else one a sequence [B, K]
  std::string metric;           ///< name with its unit, such as "accuracy" or "nats per character"
  bool lower_is_better = true;  ///< whether a smaller metric is better
  double baseline = 0.0;        ///< the metric without learning anything from the past
  std::string baseline_text;    ///< how that figure comes about, with the formula
};

class Task {
 public:
  virtual ~Task() = default;

  virtual const TaskFacts& facts() const = 0;

  /// Batches of a split: of one epoch for train, 0 when they are generated without end.
  virtual std::int64_t batches(Split split) const = 0;

  /// Batch number `index` of a split. A pure function of the task's seed and the index, so that a resumed run
  /// goes on exactly; for train the index runs on over all epochs.
  virtual Batch batch(Split split, std::int64_t index) const = 0;

  /// The symbols that the tokens stand for, for tasks over text: a run keeps them, to sample and evaluate
  /// without the data.
  virtual std::vector<std::string> alphabet() const { return {}; }

  /// The mean loss of a batch, from the model's output.
  virtual torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const = 0;

  /// The sums of loss and metric over a batch.
  virtual Score score(const torch::Tensor& output, const Batch& batch) const = 0;
};

}  // namespace carousel
