// Several processes that train one model, each on its part of every batch.
//
//   const auto found = carousel::processes_of_environment();          // what torchrun says; nothing without it
//   auto group = found ? carousel::join_processes(*found) : nullptr;
//   carousel::Trainer trainer(task, model, options, group);            // rank r of N: sequences B r / N to B (r + 1) / N
//
// torch's own engine carries it: c10d's TCPStore, ProcessGroupGloo and Reducer, which sums gradients while the backward pass
// goes on. N processes compute what one computes with the whole batch: the same losses, gradients, clipping, validations and
// records, to the rounding of sums in another order. docs/scaling.md has what that costs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carousel/error.h"
#include "carousel/torch_forward.h"

namespace carousel {

/// Another process of the training ended, hangs or cannot be reached. Exit code 1.
class ProcessError : public SystemError {
 public:
  using SystemError::SystemError;
};

/// It ended: whoever started the processes knows how.
class ProcessEnded : public ProcessError {
 public:
  using ProcessError::ProcessError;
};

/// Sums the gradients of parameters over the processes.
class JointGradients {
 public:
  virtual ~JointGradients() = default;

  /// loss.backward(). With `last` the gradients that every process has accumulated by then are joined, and are afterwards the mean
  /// over the processes, bit for bit the same in each. Throws ProcessError.
  virtual void backward(const torch::Tensor& loss, bool last) = 0;
};

/// All of these are called by every process in the same order. They throw ProcessError when another process ended or did not answer
/// within the timeout.
class ProcessGroup {
 public:
  ProcessGroup(std::int64_t rank, std::int64_t size) : rank_(rank), size_(size) {}
  virtual ~ProcessGroup() = default;
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  std::int64_t rank() const { return rank_; }  ///< this process, from 0
  std::int64_t size() const { return size_; }  ///< processes in all

  /// The sum, or the largest, over the processes of each entry, a tensor's in place: the same bits everywhere. On the CPU.
  virtual void sum(torch::Tensor& values) = 0;
  virtual void largest(torch::Tensor& values) = 0;
  std::vector<double> sum(std::vector<double> values);
  std::vector<double> largest(std::vector<double> values);

  /// `parameters` are the same in every process, and require gradients.
  virtual std::unique_ptr<JointGradients> join_gradients(std::vector<torch::Tensor> parameters) = 0;

  /// Whether this process is the one to say why it ends: not where another says the same, or where what broke is
  /// only that another ended, which says why.
  virtual bool says(const std::string& failure, bool of_another) = 0;

  /// A text that processes which torchrun starts anew after a failure still find; "" where there is none.
  virtual void remember(const std::string& name, const std::string& text) = 0;
  virtual std::string recall(const std::string& name) = 0;

  /// The texts of all processes, by rank.
  std::vector<std::string> gather(const std::string& text);

 private:
  std::int64_t rank_, size_;
};

/// How processes find each other.
struct ProcessGroupOptions {
  std::int64_t rank = 0, size = 1;
  std::string address = "127.0.0.1";  ///< where the store is that they meet at
  std::int64_t port = 29500;
  bool serves = true;           ///< whether rank 0 holds the store; else torchrun does
  std::int64_t local_rank = 0;  ///< among those of this host, whose ranks are in a row
  std::int64_t restarts = 0;    ///< how often torchrun has started these processes anew
  double timeout = 600.0;       ///< seconds that a process waits for another
};

/// What torchrun tells the processes that it starts (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT, LOCAL_RANK); nothing where it did not.
/// Throws Error for what is not understood.
std::optional<ProcessGroupOptions> processes_of_environment();

/// Waits for all processes. Throws Error where this build has no c10d with Gloo, ProcessError when they do not come.
/// From here on the process ignores SIGPIPE, unless it handles it: writing to a process that has ended would raise it.
std::shared_ptr<ProcessGroup> join_processes(const ProcessGroupOptions& options);

/// Throws Error that names rank and value where `value` is not the same in every process: "rank 1 has other options ...".
/// `lines` are compared one by one.
void require_equal(ProcessGroup& group, const std::string& what, const std::string& lines);

}  // namespace carousel
