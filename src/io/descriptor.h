// A file descriptor that closes itself, and the writes that POSIX lets come out short.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

namespace carousel {

/// Calls again what a signal interrupted before it did anything.
template <class Call> auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : value_(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); })) {}
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
    const ssize_t written = uninterrupted([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// fsync, taking "this kind of file cannot be synced" for success; false with errno set otherwise.
inline bool sync_descriptor(int descriptor) {
  return uninterrupted([&] { return ::fsync(descriptor); }) == 0 || errno == EINVAL || errno == ENOTSUP;
}

/// Cuts a file to so many bytes; false with errno set otherwise.
inline bool cut_to(int descriptor, std::uint64_t bytes) {
  return uninterrupted([&] { return ::ftruncate(descriptor, static_cast<off_t>(bytes)); }) == 0;
}

}  // namespace carousel
