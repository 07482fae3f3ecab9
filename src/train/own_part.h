// What one of several processes does of a training: its sequences of every batch, and what all agree on.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "carousel/flow/record.h"
#include "carousel/train/batch.h"
#include "carousel/train/process_group.h"
#include "carousel/train/task.h"

namespace carousel {

class Model;

/// Of a record its steps, the first step of its last segment, and whether (1 or 0) it has curves of the last step's loss, and resets.
using RecordSizes = std::array<double, 4>;

/// Of rank r of N processes the sequences B r / N to B (r + 1) / N, rounded up, so that rank 0 has one wherever there is one.
Batch part_of(const Task& task, const Batch& batch, const ProcessGroup* group);

class OwnPart {
 public:
  /// Without a group the whole. Throws Error where the processes begin with other weights or other data, or where the first
  /// batch is not divided evenly.
  OwnPart(std::shared_ptr<ProcessGroup> group, const Task& task, Model& model);

  bool is_whole() const { return !group_; }
  ProcessGroup* group() const { return group_.get(); }
  std::int64_t rank() const { return group_ ? group_->rank() : 0; }
  Batch of(const Batch& whole) const { return part_of(task_, whole, group_.get()); }

  /// Gradients of a loss that is this process's share of the whole; with `last` they become those of the sum over the processes.
  /// An undefined loss is that of no sequences.
  void backward(const torch::Tensor& loss, bool last);

  /// The sum of each over the processes.
  std::vector<double> sum(std::vector<double> values) const;
  bool any(bool value) const { return sum({value ? 1.0 : 0.0})[0] > 0.0; }

  /// A state of the whole batch, [., B, .], from the part that this process has, and the other way round.
  torch::Tensor whole_state(const torch::Tensor& part) const;
  torch::Tensor part_of_state(const torch::Tensor& whole) const;

  /// Random numbers of an update's own in each process: none would be those of another's sequences. At the end the
  /// generator is the same in all again, and where it was if nobody drew.
  class Draws {
   public:
    Draws(const OwnPart& part, torch::Tensor state, std::int64_t update);
    bool drew() const;
    void end(bool anybody_drew);

   private:
    const OwnPart& part_;
    torch::Tensor before_, seeded_;
    std::uint64_t seed_ = 0;
  };

  /// What was recorded of this process's sequences becomes what one process would have recorded of all of `whole`. One
  /// message, unless the record is of another size than the last.
  void join(FlowRecord& record, const Batch& whole);

  /// The text of the first process that has one, with its rank.
  std::string first_of(const std::string& text) const;

  /// `work` is done by rank 0 alone, and all go on when it is done. Where it fails the others throw ProcessError.
  template <class Work> void by_first(Work work) const {
    if (!group_) return work();
    std::exception_ptr failure;
    try {
      if (group_->rank() == 0) work();
    } catch (...) {
      failure = std::current_exception();
    }
    const bool failed = any(failure != nullptr);
    if (failure) std::rethrow_exception(failure);
    if (failed) throw ProcessError("rank 0 could not go on");
  }

 private:
  /// Joins a record of `own` sizes in those of the last joint record. False, in every process, where those are not the largest of what
  /// the processes have: then the record is spoilt.
  bool sum_up(FlowRecord& record, const RecordSizes& own, const Batch& whole) const;

  std::shared_ptr<ProcessGroup> group_;
  RecordSizes record_sizes_{};
  const Task& task_;
  Model& model_;
  std::unique_ptr<JointGradients> gradients_;
};

}  // namespace carousel
