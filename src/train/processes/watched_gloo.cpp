#include "train/processes/watched_gloo.h"

#include <gloo/common/error.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <utility>

namespace carousel {

namespace {

using Clock = std::chrono::steady_clock;
using Future = c10::intrusive_ptr<c10::ivalue::Future>;

}  // namespace

/// What Gloo sums up, over when Gloo says so or the watcher does.
class WatchedSum final : public c10d::Work {
 public:
  explicit WatchedSum(Future gloo)
      : Work(-1, c10d::OpType::ALLREDUCE),
        gloo_(std::move(gloo)),
        future_(c10::make_intrusive<c10::ivalue::Future>(gloo_->elementType())) {}

  void end() {
    if (gloo_->hasError()) return fail(gloo_->exception_ptr());
    if (is_told_.exchange(true)) return;
    future_->markCompleted(gloo_->constValue());
    finish();
  }
  void fail(const std::exception_ptr& failure) {
    if (is_told_.exchange(true)) return;
    future_->setError(failure);
    finish(failure);
  }
  bool is_over() const { return gloo_->completed(); }
  bool waits_long() const { return !is_over() && Clock::now() - begin_ > WatchedGloo::pause; }

  Future getFuture() override { return future_; }
  std::vector<at::Tensor> result() override { return future_->value().toTensorVector(); }

 private:
  const Clock::time_point begin_ = Clock::now();
  std::atomic<bool> is_told_ = false;
  Future gloo_, future_;
};

WatchedGloo::WatchedGloo(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
                         c10::intrusive_ptr<Options> options)
    : ProcessGroupGloo(store, rank, size, std::move(options)), watcher_([this] { watch(); }) {}

WatchedGloo::~WatchedGloo() {
  end_watching();
}

void WatchedGloo::leave() {
  end_watching();
  const bool sums = std::ranges::any_of(under_way_, [](const auto& sum) { return !sum->is_over(); });
  if (sums) c10::raw::intrusive_ptr::incref(this);
}

void WatchedGloo::end_watching() {
  if (!watcher_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    ends_ = true;
  }
  over_.notify_one();
  watcher_.join();
}

c10::intrusive_ptr<c10d::Work> WatchedGloo::allreduce(std::vector<at::Tensor>& tensors,
                                                      const c10d::AllreduceOptions& options) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(under_way_, [](const auto& sum) { return sum->is_over(); });
  const Future gloo = ProcessGroupGloo::allreduce(tensors, options)->getFuture();
  const auto sum = under_way_.emplace_back(c10::make_intrusive<WatchedSum>(gloo));
  gloo->addCallback([sum](const c10::ivalue::Future&) { sum->end(); });
  return sum;
}

void WatchedGloo::watch() {
  std::unique_lock lock(mutex_);
  auto connected = Clock::now();
  while (!over_.wait_for(lock, pause, [this] { return ends_; })) {
    if (!waits_long() || closed().empty())
      connected = Clock::now();
    else if (Clock::now() - connected > grace)
      return give_up();
  }
}

bool WatchedGloo::waits_long() const {
  return std::ranges::any_of(under_way_, [](const auto& sum) { return sum->waits_long(); });
}

std::set<std::int64_t> WatchedGloo::closed_ranks() {
  const std::scoped_lock lock(mutex_);
  return closed();
}

/// Of a closed connection Gloo refuses to wait for a message, here for one that nobody sends.
std::set<std::int64_t> WatchedGloo::closed() {
  std::vector<at::Tensor> nothing{at::empty({1})};
  constexpr int tag = 0;
  std::set<std::int64_t> found;
  for (int rank = 0; rank < getSize(); ++rank) try {
      if (rank != getRank()) recv(nothing, rank, tag);
    } catch (const gloo::Exception&) {
      found.insert(rank);
    }
  return found;
}

void WatchedGloo::give_up() {
  const auto failure = std::make_exception_ptr(gloo::IoException("a process has ended"));
  for (const auto& sum : under_way_) sum->fail(failure);
}

}  // namespace carousel
