// Where the processes of a training meet: c10d's store, and the group that speaks.
#pragma once

#include <gloo/common/error.h>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "carousel/train/process_group.h"

#include "train/processes/watched_gloo.h"

namespace carousel {

constexpr std::chrono::milliseconds moment{1500};  // in which others get to the same place

inline std::chrono::milliseconds as_time(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000.0));
}

/// Whether it holds within that time; asked again after every step.
template <class Holds>
bool soon(std::chrono::milliseconds limit, std::chrono::milliseconds step, Holds holds) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(step);
  }
  return true;
}

/// What a group and its sums share.
struct Meeting {
  ProcessGroupOptions options;
  c10::intrusive_ptr<c10d::Store> lasting, store;  // the second's keys are of these processes alone
  c10::intrusive_ptr<c10d::ProcessGroup> group = {};
  c10::intrusive_ptr<WatchedGloo> gloo = {};  // of that group
  mutable std::set<std::int64_t> ended = {};  // which it was known of when this one failed

  ~Meeting();

  void post(const char* what, const std::string& text) const;
  std::optional<std::string> read(const char* what, std::int64_t rank) const;

  /// Runs what waits for the other processes.
  template <class Run> auto speak(Run run) const {
    const auto begin = std::chrono::steady_clock::now();
    try {
      return run();
    } catch (const gloo::Exception&) {
      fail(begin);
    } catch (const c10::DistError&) {
      fail(begin);
    }
  }

  /// Throws the ProcessError of what was begun then.
  [[noreturn]] void fail(std::chrono::steady_clock::time_point begin) const;

 private:
  std::vector<std::string> silent_ranks(bool late) const;
};

/// Waits for all processes. Throws Error where the store cannot be, ProcessError when they do not come.
std::shared_ptr<const Meeting> meet(const ProcessGroupOptions& options);

/// What sums tensors on CUDA: NCCL, which is `without_nccl.cpp` in a build that has not its headers.
void add_nccl(Meeting& meeting);

}  // namespace carousel
