// A file descriptor that closes itself, and the writes that POSIX lets come out short.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

namespace carousel {

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : value_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    while (value_ < 0 && errno == EINTR) value_ = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  bool is_open() const { return value_ >= 0; }
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }

  /// Closes now; false with errno set when the system reports a write that came to nothing only here.
  /// After EINTR it is closed all the same.
  bool close() { return value_ < 0 || ::close(release()) == 0 || errno == EINTR; }

 private:
  int value_;
};

/// Writes all of `bytes`; false with errno set otherwise.
inline bool write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// fsync, taking "this kind of file cannot be synced" for success; false with errno set otherwise.
inline bool sync_descriptor(int descriptor) {
  int failed = 0;
  do failed = ::fsync(descriptor);
  while (failed != 0 && errno == EINTR);
  return failed == 0 || errno == EINVAL || errno == ENOTSUP;
}

}  // namespace carousel
