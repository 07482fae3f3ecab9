// Gloo, whose sums end when a process has.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

namespace carousel {

class WatchedSum;

/// ProcessGroupGloo, of which a sum that another process has left is over within some seconds. Where a connection breaks just as it is
/// written to, Gloo tells those that receive, but who sends waits on for as long as the timeout is (its `Pair::signalException` knows
/// no unbound buffer in `tx_`). Here a thread looks every second at sums that take longer than that.
class WatchedGloo final : public c10d::ProcessGroupGloo {
 public:
  static constexpr std::chrono::seconds pause{1};  // between two looks
  static constexpr std::chrono::seconds grace{4};  // for what arrived before the connection broke
  static constexpr auto notice_time = pause + grace + 3 * pause;  // after which all have noticed it

  WatchedGloo(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
              c10::intrusive_ptr<Options> options);
  ~WatchedGloo() override;

  /// Those whose connection with this process is closed; all, once a timeout is over.
  std::set<std::int64_t> closed_ranks();

  /// Nothing is begun any more. Where a sum is still under way the group stays until the process ends: Gloo's threads would be waited
  /// for, which wait for what does not come.
  void leave();

  c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor>& tensors,
                                           const c10d::AllreduceOptions& options) override;

 private:
  void watch();
  void end_watching();
  bool waits_long() const;
  std::set<std::int64_t> closed();
  void give_up();

  std::mutex mutex_;  // of all below, and of what Gloo begins
  std::condition_variable over_;
  bool ends_ = false;
  std::vector<c10::intrusive_ptr<WatchedSum>> under_way_;
  std::thread watcher_;
};

}  // namespace carousel
