// One writer a run: the file `lock` in its folder says which process writes there, and the system's own lock
// on that file (flock) holds where the file system has it.
//
//   {"host": "ada", "pid": 4711, "start": "8231904", "since": "2026-11-28T09:00:00Z"}
//
// Who only reads, or replaces one file whole (flow/analysis.json, report.html), needs no lock.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace carousel {

class RunLock {
 public:
  /// Takes the lock of a run folder, also that of a process of this machine that is gone. Throws Error, with
  /// nothing touched, when a running process has it, or one of another machine, of which only its user can
  /// know; SystemError when the system refuses.
  static RunLock take(const std::filesystem::path& folder);

  RunLock(RunLock&& other) noexcept
      : folder_(std::exchange(other.folder_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}
  RunLock& operator=(RunLock&& other) noexcept {
    std::swap(folder_, other.folder_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  /// Removes the file and lets go.
  ~RunLock();

  /// The folder was renamed, and the lock with it.
  void moved_to(std::filesystem::path folder) { folder_ = std::move(folder); }

  /// Lets go of a folder that another has replaced; the file that is now at its place is not touched.
  void leave_file();

 private:
  RunLock(std::filesystem::path folder, int descriptor)
      : folder_(std::move(folder)), descriptor_(descriptor) {}

  std::filesystem::path folder_;
  int descriptor_ = -1;
};

/// What is known of a run's lock from outside, without taking it.
struct LockState {
  enum Kind { free, stale, held, elsewhere } kind = free;
  std::string holder = {};  ///< "process 4711 since 2026-11-28T09:00:00Z", "" when free
};
LockState look_at_lock(const std::filesystem::path& folder);

/// Where the lock of a run folder is.
inline std::filesystem::path lock_file(const std::filesystem::path& folder) {
  return folder / "lock";
}

}  // namespace carousel
