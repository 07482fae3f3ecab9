// What is learnt: where batches come from, what the loss is and what is reported.
//
// The trainer knows a task through this interface only. tasks/ has the built-in ones; one of your own is a
// class that derives from Task and a TaskSpec beside it (tasks/task_registry.h). Its source includes train/batch.h too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carousel/torch_forward.h"
#include "carousel/train/task_facts.h"

namespace carousel {

struct Batch;

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

  /// What a table's columns are and how they are scaled, for tasks over tables: JSON that a run keeps, to read other tables
  /// in the same way.
  virtual std::string schema() const { return {}; }

  /// The form of a loss that settings shape, for who computes it elsewhere (apps/python/carousel_reference.py): JSON, or "" where the
  /// task's name says it all.
  virtual std::string loss_form() const { return {}; }

  /// What was found and decided about the data, a sentence each, for who watches.
  virtual std::vector<std::string> notes() const { return {}; }

  /// The metric without learning, on a split; the facts' unless a task has data to measure it on.
  virtual Baseline baseline(Split split) const;

  /// The mean loss of a batch, from the model's output.
  virtual torch::Tensor loss(const torch::Tensor& output, const Batch& batch) const = 0;

  /// How many losses that is the mean of: batches that are accumulated into one update weigh as much as they
  /// count, as in one large batch. The time steps of data where there is an output at every step, else the
  /// sequences.
  virtual double loss_count(const Batch& batch) const;

  /// `count` of a batch's sequences, from `first` on: what one of several processes trains on. Of a target that is [T, B, ...] with an
  /// output at every step, else [B, ...], or one entry a piece where sequences begin anew. Throws Error for a target of
  /// another shape: a task that has one divides it itself.
  virtual Batch part(const Batch& batch, std::int64_t first, std::int64_t count) const;

  /// The sums of loss and metric over a batch.
  virtual Score score(const torch::Tensor& output, const Batch& batch) const = 0;
};

}  // namespace carousel
