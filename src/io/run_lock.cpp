#include "carousel/io/run_lock.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"
#include "carousel/io/file.h"

#include "io/descriptor.h"
#include "io/process_mark.h"
#include "io/system_failure.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct LockHolder {
  ProcessMark mark;
  std::string since;
};

/// Nobody when there is no such file, or one that a process was killed over.
LockHolder holder_in(const fs::path& file) try {
  const json text = json::parse(read_file(file));
  return {{.host = text.at("host"), .pid = text.at("pid"), .start = text.at("start")}, text.at("since")};
} catch (const std::exception&) {
  return {};
}

std::string own_text() {
  const ProcessMark& own = own_mark();
  const auto now = fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  const json text{{"host", own.host},
                  {"pid", own.pid},
                  {"start", own.start},
                  {"since", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", now)}};
  return text.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string text_of(const LockHolder& holder) {
  if (holder.mark.pid == 0) return "another process";
  const bool here = holder.mark.host == own_mark().host;
  return fmt::format("process {}{} since {}", holder.mark.pid,
                     here ? "" : fmt::format(" of the machine '{}'", holder.mark.host), holder.since);
}

[[noreturn]] void refuse(const fs::path& folder, const LockHolder& holder) {
  const bool here = holder.mark.pid == 0 || holder.mark.host == own_mark().host;
  throw Error(fmt::format(
      "the run '{}' is being written by {}: {}", folder.string(), text_of(holder),
      here ? fmt::format("wait for its end, or stop it, which saves (kill {})",
                         holder.mark.pid == 0 ? std::string("PID") : fmt::format("{}", holder.mark.pid))
           : fmt::format("wait for its end; if it no longer runs there, delete '{}' and start again",
                         lock_file(folder).string())));
}

bool same_file(int descriptor, const fs::path& path) {
  struct stat opened{};
  struct stat there{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &there) == 0 &&
         opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

enum class SystemLock { got, busy, none };

SystemLock lock_descriptor(int descriptor) {
  if (uninterrupted([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) == 0) return SystemLock::got;
  return errno == EWOULDBLOCK ? SystemLock::busy : SystemLock::none;
}

void write_holder(const Descriptor& file, const fs::path& path) {
  const std::string text = own_text();
  if (!cut_to(file.get(), 0) || !write_all(file.get(), std::as_bytes(std::span(text))))
    throw_failure(errno, "lock the run with", path);
}

/// Whether the file is still ours after others that came at the same moment have written into it.
bool is_ours_alone(const fs::path& path) {
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const LockHolder holder = holder_in(path);
  return holder.mark.host == own_mark().host && holder.mark.pid == own_mark().pid;
}

}  // namespace

RunLock RunLock::take(const fs::path& folder) {
  const fs::path path = lock_file(folder);
  while (true) {
    Descriptor file(path, O_RDWR | O_CREAT | O_APPEND);
    if (!file.is_open()) throw_failure(errno, "lock the run with", path);
    const SystemLock system = lock_descriptor(file.get());
    const LockHolder holder = holder_in(path);
    if (system == SystemLock::busy) refuse(folder, holder);
    // Who had it may have removed the file, or replaced the folder, after it was opened here.
    if (!same_file(file.get(), path)) continue;
    if (holder.mark.pid != 0 && state_of(holder.mark) != ProcessState::gone) refuse(folder, holder);
    write_holder(file, path);
    if (system == SystemLock::none && !is_ours_alone(path)) refuse(folder, holder_in(path));
    return {folder, file.release()};
  }
}

RunLock::~RunLock() {
  if (descriptor_ < 0) return;
  // Only its own: somebody may have deleted the folder, or the file, and another have begun anew.
  if (same_file(descriptor_, lock_file(folder_))) ::unlink(lock_file(folder_).c_str());
  ::close(descriptor_);
}

void RunLock::leave_file() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

LockState look_at_lock(const fs::path& folder) {
  const fs::path path = lock_file(folder);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  const LockHolder holder = holder_in(path);
  if (holder.mark.pid == 0) return {LockState::stale, "a process that was killed while it took it"};
  switch (state_of(holder.mark)) {
    case ProcessState::running:
      return {LockState::held, text_of(holder)};
    case ProcessState::elsewhere:
      return {LockState::elsewhere, text_of(holder)};
    default:
      return {LockState::stale, text_of(holder)};
  }
}

}  // namespace carousel
