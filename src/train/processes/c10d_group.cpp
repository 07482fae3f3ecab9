// The processes of a training on torch's c10d: a store to meet at, Gloo to speak by, and the Reducer of DistributedDataParallel.
#include <gloo/common/error.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/logger.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include "carousel/text.h"
#include "carousel/torch.h"
#include "carousel/train/process_group.h"

C10_DECLARE_int(caffe2_log_level);

namespace carousel {

using torch::Tensor;

namespace {

using std::chrono::milliseconds;

constexpr milliseconds moment{1500};  // in which others get to the same place

milliseconds as_time(double seconds) {
  return milliseconds(static_cast<std::int64_t>(seconds * 1000.0));
}

/// What a group and its sums share.
struct Meeting {
  ProcessGroupOptions options;
  c10::intrusive_ptr<c10d::Store> lasting, store;  // the second's keys are of these processes alone
  c10::intrusive_ptr<c10d::ProcessGroup> group;

  void post(const char* what, const std::string& text) const {
    store->set(fmt::format("{}/{}", what, options.rank), std::vector<std::uint8_t>(text.begin(), text.end()));
  }
  std::optional<std::string> read(const char* what, std::int64_t rank) const {
    const auto key = fmt::format("{}/{}", what, rank);
    if (!store->check({key})) return {};
    const auto bytes = store->get(key);
    return std::string(bytes.begin(), bytes.end());
  }

  /// Those that wait in vain say so; who does not is the one that they wait for.
  std::string silent_ranks() const try {
    post("waits", "1");
    std::this_thread::sleep_for(moment);
    std::vector<std::string> silent;
    for (std::int64_t rank = 0; rank < options.size; ++rank) {
      if (!read("waits", rank)) silent.push_back(fmt::format("{}", rank));
    }
    if (silent.empty()) return "a process";
    return fmt::format("rank{} {}", silent.size() == 1 ? "" : "s", join(silent, " and "));
  } catch (const std::exception&) {
    return "rank 0";  // where the store was
  }

  /// Runs what waits for the other processes.
  template <class Run> auto speak(Run run) const {
    const auto begin = std::chrono::steady_clock::now();
    try {
      return run();
    } catch (const gloo::Exception& error) {
      fail(error.what(), begin);
    } catch (const c10::DistError& error) {
      fail(error.what_without_backtrace(), begin);
    }
  }

  [[noreturn]] void fail(const std::string& said, std::chrono::steady_clock::time_point begin) const {
    const bool late = said.find("imed out") != std::string::npos ||
                      std::chrono::steady_clock::now() - begin >= as_time(options.timeout);
    const std::string who = silent_ranks();
    if (!late) throw ProcessEnded(fmt::format("{} ended, or its connection broke", who));
    throw ProcessError(fmt::format(
        "{} did not answer within {} s (--process-timeout): it hangs, or its updates take longer than that",
        who, options.timeout));
  }
};

/// In the order in which gradients become ready: the last first.
std::vector<std::vector<std::size_t>> buckets_of(const std::vector<Tensor>& parameters,
                                                 const std::vector<bool>& sparse) {
  auto found = std::get<0>(c10d::compute_bucket_assignment_by_size(
      parameters, {c10d::kDefaultFirstBucketBytes, c10d::kDefaultBucketBytesCap}, sparse));
  std::ranges::reverse(found);
  return found;
}

/// The Reducer with what DistributedDataParallel gives it.
std::shared_ptr<c10d::Reducer> make_reducer(std::vector<Tensor> parameters, const Meeting& meeting) {
  const std::vector<bool> sparse(parameters.size(), false);
  const auto buckets = buckets_of(parameters, sparse);
  return std::make_shared<c10d::Reducer>(
      std::move(parameters), buckets, meeting.group, sparse, c10d::kDefaultBucketBytesCap,
      /*find_unused_parameters=*/true, /*gradient_as_bucket_view=*/false,
      std::unordered_map<std::size_t, std::string>{}, c10d::kDefaultFirstBucketBytes,
      /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
      std::vector<std::int64_t>{c10d::kDefaultFirstBucketBytes, c10d::kDefaultBucketBytesCap});
}

class Silent final : public c10::WarningHandler {
  void process(const c10::Warning&) override {}
};

class C10dGradients final : public JointGradients {
 public:
  C10dGradients(std::shared_ptr<const Meeting> meeting, std::vector<Tensor> parameters)
      : meeting_(std::move(meeting)),
        reducer_(make_reducer(std::move(parameters), *meeting_)),
        logger_(std::make_shared<c10d::Logger>(reducer_)) {
    reducer_->set_logger(logger_);  // which it asks for where a parameter is not used
  }

  void backward(const Tensor& loss, bool last) override {
    Silent silent;  // the Reducer advises against looking for parameters that a model does not use
    const c10::WarningUtils::WarningHandlerGuard guard(&silent);
    meeting_->speak([&] {
      if (last) {
        reducer_->prepare_for_forward();
        reducer_->prepare_for_backward({loss});
      }
      loss.backward();
    });
  }

 private:
  std::shared_ptr<const Meeting> meeting_;
  std::shared_ptr<c10d::Reducer> reducer_;
  std::shared_ptr<c10d::Logger> logger_;
};

class C10dGroup final : public ProcessGroup {
 public:
  explicit C10dGroup(std::shared_ptr<const Meeting> meeting)
      : ProcessGroup(meeting->options.rank, meeting->options.size), meeting_(std::move(meeting)) {}

  void sum(Tensor& values) override { reduce(values, c10d::ReduceOp::SUM); }
  void largest(Tensor& values) override { reduce(values, c10d::ReduceOp::MAX); }

  std::unique_ptr<JointGradients> join_gradients(std::vector<Tensor> parameters) override {
    return meeting_->speak([&] { return std::make_unique<C10dGradients>(meeting_, std::move(parameters)); });
  }

  bool says(const std::string& failure, bool of_another) override try {
    if (!of_another) meeting_->post("failure", failure);
    if (rank() == 0 && !of_another) {
      std::this_thread::sleep_for(moment /
                                  4);  // the others read that in the store, which ends with this process
      return true;
    }
    const auto until = std::chrono::steady_clock::now() + moment;
    while (std::chrono::steady_clock::now() < until) {
      if (is_said(failure, of_another)) return false;
      std::this_thread::sleep_for(moment / 50);
    }
    return true;
  } catch (const std::exception&) {
    return !of_another || rank() == 1;  // the store went with rank 0
  }

  void remember(const std::string& name, const std::string& text) override {
    meeting_->lasting->set(name, std::vector<std::uint8_t>(text.begin(), text.end()));
  }
  std::string recall(const std::string& name) override {
    if (!meeting_->lasting->check({name})) return "";
    const auto bytes = meeting_->lasting->get(name);
    return {bytes.begin(), bytes.end()};
  }

 private:
  bool is_said(const std::string& failure, bool of_another) const {
    for (std::int64_t other = 0; other < size(); ++other) {
      const auto said = meeting_->read("failure", other);
      if (said && (of_another || (other < rank() && *said == failure))) return true;
      if (of_another && other < rank() && meeting_->read("waits", other)) return true;
    }
    return false;
  }

  void reduce(Tensor& values, c10d::ReduceOp::RedOpType how) {
    std::vector<Tensor> tensors{values};
    c10d::AllreduceOptions options;
    options.reduceOp = how;
    meeting_->speak([&] { meeting_->group->allreduce(tensors, options)->wait(); });
  }

  std::shared_ptr<const Meeting> meeting_;
};

c10::intrusive_ptr<c10d::Store> open_store(const ProcessGroupOptions& options) try {
  c10d::TCPStoreOptions asked;
  asked.port = static_cast<std::uint16_t>(options.port);
  asked.isServer = options.serves && options.rank == 0;
  asked.waitWorkers = false;
  asked.timeout = as_time(options.timeout);
  return c10::make_intrusive<c10d::TCPStore>(options.address, asked);
} catch (const c10::DistError& error) {
  const std::string said = error.what_without_backtrace();
  const bool taken = said.find("EADDRINUSE") != std::string::npos || said.find("in use") != std::string::npos;
  throw Error(
      taken ? fmt::format(
                  "port {} of {} is in use: give torchrun another, by --master-port, or end what holds it",
                  options.port, options.address)
            : fmt::format(
                  "rank {} cannot reach the store of the training at {}:{} within {} s: is rank 0 there, and "
                  "does nothing stand between?",
                  options.rank, options.address, options.port, options.timeout));
}

/// This machine's address as rank 0's sees it; "" where there is no way.
std::string own_address(const ProcessGroupOptions& options) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_DGRAM;
  if (::getaddrinfo(options.address.c_str(), fmt::format("{}", options.port).c_str(), &hints, &found) != 0)
    return "";
  char text[NI_MAXHOST] = "";
  if (const int socket = ::socket(found->ai_family, SOCK_DGRAM, 0); socket >= 0) {
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    if (::connect(socket, found->ai_addr, found->ai_addrlen) == 0 &&  // sends nothing, and finds the way
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) == 0)
      ::getnameinfo(reinterpret_cast<sockaddr*>(&own), size, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
    ::close(socket);
  }
  ::freeaddrinfo(found);
  return text;
}

/// Where this process listens: GLOO_SOCKET_IFNAME, or the interface from which rank 0's machine is reached. The machine's own name,
/// which Gloo would look up, is often that of the loopback.
std::shared_ptr<gloo::transport::Device> device_towards(const ProcessGroupOptions& options) {
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME"); interface && *interface)
    return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  const std::string address = own_address(options);
  return address.empty() ? c10d::ProcessGroupGloo::createDefaultDevice()
                         : c10d::ProcessGroupGloo::createDeviceForHostname(address);
}

}  // namespace

std::shared_ptr<ProcessGroup> join_processes(const ProcessGroupOptions& options) {
  FLAGS_caffe2_log_level = 3;  // what c10d would log is told here in a sentence
  const auto lasting = c10::make_intrusive<c10d::PrefixStore>("/carousel", open_store(options));
  const auto own = c10::make_intrusive<c10d::PrefixStore>(fmt::format("{}", options.restarts), lasting);
  auto meeting = std::make_shared<Meeting>(Meeting{options, lasting, own, {}});
  meeting->speak([&] {
    auto asked = c10d::ProcessGroupGloo::Options::create(as_time(options.timeout));
    asked->devices.push_back(device_towards(options));
    const auto rank = static_cast<int>(options.rank), size = static_cast<int>(options.size);
    auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(meeting->store, rank, size, asked);
    meeting->group = c10::make_intrusive<c10d::ProcessGroup>(meeting->store, rank, size);
    meeting->group->setBackend(c10::DeviceType::CPU, c10d::ProcessGroup::GLOO, gloo);
    meeting->group->setDefaultBackend(c10d::ProcessGroup::GLOO);
  });
  return std::make_shared<C10dGroup>(std::move(meeting));
}

}  // namespace carousel
