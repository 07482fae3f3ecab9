// A store that does not wait for ever.
#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <torch/csrc/distributed/c10d/Store.hpp>

namespace carousel {

/// What `run` will return. It runs in a thread of its own, which nobody waits for: what it touches must be its own.
template <class Run> auto begin_alone(Run run) {
  std::packaged_task<decltype(run())()> task(std::move(run));
  auto result = task.get_future();
  std::thread(std::move(task)).detach();
  return result;
}

/// That, or c10::DistStoreError after that time.
template <class Result> Result within(std::chrono::milliseconds limit, std::future<Result> result) {
  if (result.wait_for(limit) != std::future_status::ready)
    C10_THROW_ERROR(DistStoreError, "the store of the training does not answer");
  return result.get();
}

/// Another store, whose process may hang: c10d's TCPStore waits for its answers as long as the connection is open. Here an answer comes
/// within `answer_time`, after what the call itself waits for, or the call and all later ones throw c10::DistStoreError.
class BoundedStore final : public c10d::Store {
 public:
  static constexpr std::chrono::seconds answer_time{15};

  explicit BoundedStore(c10::intrusive_ptr<c10d::Store> store)
      : Store(store->getTimeout()), store_(std::move(store)) {}

  using Keys = std::vector<std::string>;
  using Bytes = std::vector<std::uint8_t>;

  c10::intrusive_ptr<Store> clone() override { return c10::make_intrusive<BoundedStore>(store_->clone()); }
  bool hasExtendedApi() const override { return store_->hasExtendedApi(); }
  void setTimeout(const std::chrono::milliseconds& timeout) override;

  void set(const std::string& key, const Bytes& value) override;
  Bytes compareSet(const std::string& key, const Bytes& expected, const Bytes& wanted) override;
  Bytes get(const std::string& key) override;
  std::int64_t add(const std::string& key, std::int64_t value) override;
  bool deleteKey(const std::string& key) override;
  bool check(const Keys& keys) override;
  std::int64_t getNumKeys() override;
  void wait(const Keys& keys) override { wait(keys, getTimeout()); }
  void wait(const Keys& keys, const std::chrono::milliseconds& timeout) override;
  void append(const std::string& key, const Bytes& value) override;
  std::vector<Bytes> multiGet(const Keys& keys) override;
  void multiSet(const Keys& keys, const std::vector<Bytes>& values) override;

 private:
  template <class Run> auto ask(Run run, std::chrono::milliseconds waits = {});

  c10::intrusive_ptr<c10d::Store> store_;
  std::atomic<bool> is_lost_ = false;
};

}  // namespace carousel
