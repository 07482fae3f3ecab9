#include "train/processes/meeting.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "carousel/text.h"

#include "train/processes/bounded_store.h"

C10_DECLARE_int(caffe2_log_level);

namespace carousel {

Meeting::~Meeting() {
  if (gloo) gloo->leave();
}

void Meeting::post(const char* what, const std::string& text) const {
  store->set(fmt::format("{}/{}", what, options.rank), std::vector<std::uint8_t>(text.begin(), text.end()));
}

std::optional<std::string> Meeting::read(const char* what, std::int64_t rank) const {
  const auto key = fmt::format("{}/{}", what, rank);
  if (!store->check({key})) return {};
  const auto bytes = store->get(key);
  return std::string(bytes.begin(), bytes.end());
}

/// Those that wait in vain say so; who does not, and has closed its connection, is the one that they wait for. Some notice later than
/// others, and rank 0 with its store waits for them.
std::vector<std::string> Meeting::silent_ranks(bool late) const {
  const bool is_known = gloo && !late;  // who ended: once the time is over Gloo closes every connection
  std::set<std::int64_t> others;
  for (std::int64_t rank = 0; rank < options.size; ++rank) others.insert(rank);
  if (is_known) ended = gloo->closed_ranks();
  try {
    post("waits", "1");
    std::this_thread::sleep_for(moment);
    soon(WatchedGloo::notice_time - moment, moment, [&] {
      std::erase_if(others, [&](std::int64_t rank) { return read("waits", rank).has_value(); });
      if (is_known) ended = gloo->closed_ranks();
      return !is_known || std::ranges::includes(ended, others);
    });
  } catch (const std::exception&) {
    if (options.serves) return {"0"};  // where the store was
  }
  std::vector<std::string> silent;
  for (const std::int64_t rank : others) {
    if (!is_known || ended.contains(rank)) silent.push_back(fmt::format("{}", rank));
  }
  return silent;
}

void Meeting::fail(std::chrono::steady_clock::time_point begin) const {
  const bool late = std::chrono::steady_clock::now() - begin >= as_time(0.9 * options.timeout);
  const auto ranks = silent_ranks(late);
  const bool several = ranks.size() > 1;
  const std::string who =
      ranks.empty() ? "a process" : fmt::format("rank{} {}", several ? "s" : "", join(ranks, " and "));
  if (!late)
    throw ProcessEnded(
        fmt::format("{} ended, or {} broke", who, several ? "their connections" : "its connection"));
  throw ProcessError(fmt::format(
      "{} did not answer within {} s (--process-timeout): {} longer than that", who, options.timeout,
      several ? "they hang, or their updates take" : "it hangs, or its updates take"));
}

namespace {

c10::intrusive_ptr<c10d::Store> open_store(const ProcessGroupOptions& options) try {
  c10d::TCPStoreOptions asked;
  asked.port = static_cast<std::uint16_t>(options.port);
  asked.isServer = options.serves && options.rank == 0;
  asked.waitWorkers = false;
  asked.timeout = as_time(options.timeout);
  const auto open = [asked, address = options.address] {
    return c10::make_intrusive<c10d::TCPStore>(address, asked);
  };
  return c10::make_intrusive<BoundedStore>(
      within(asked.timeout + BoundedStore::answer_time, begin_alone(open)));
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
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME"); interface && *interface) try {
      return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
    } catch (const std::exception&) {
      throw Error(
          fmt::format("GLOO_SOCKET_IFNAME is '{}', which is no network interface with an address here: name "
                      "one of those that "
                      "the command ip addr shows, or leave it out",
                      interface));
    }
  const std::string address = own_address(options);
  return address.empty() ? c10d::ProcessGroupGloo::createDefaultDevice()
                         : c10d::ProcessGroupGloo::createDeviceForHostname(address);
}

/// Gloo writes to connections without MSG_NOSIGNAL: one that has just ended would end this process too.
void ignore_broken_pipes() {
  struct sigaction action{};
  sigaction(SIGPIPE, nullptr, &action);
  if ((action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

std::shared_ptr<const Meeting> meet(const ProcessGroupOptions& options) {
  ignore_broken_pipes();
  FLAGS_caffe2_log_level = 3;  // what c10d would log is told here in a sentence
  const auto lasting = c10::make_intrusive<c10d::PrefixStore>("/carousel", open_store(options));
  const auto own = c10::make_intrusive<c10d::PrefixStore>(fmt::format("{}", options.restarts), lasting);
  auto meeting = std::make_shared<Meeting>(Meeting{options, lasting, own});
  const auto device = device_towards(options);
  const auto begin = std::chrono::steady_clock::now();
  const auto rank = static_cast<int>(options.rank), size = static_cast<int>(options.size);
  try {
    meeting->speak([&] {
      auto asked = c10d::ProcessGroupGloo::Options::create(as_time(options.timeout));
      asked->devices.push_back(device);
      meeting->gloo = c10::make_intrusive<WatchedGloo>(meeting->store, rank, size, asked);
      meeting->group = c10::make_intrusive<c10d::ProcessGroup>(meeting->store, rank, size);
      meeting->group->setBackend(c10::DeviceType::CPU, c10d::ProcessGroup::GLOO, meeting->gloo);
      meeting->group->setDefaultBackend(c10d::ProcessGroup::GLOO);
      add_nccl(*meeting);
    });
  } catch (const c10::Error&) {  // Gloo's, of a process that ended while they connected
    meeting->fail(begin);
  }
  return meeting;
}

}  // namespace carousel
