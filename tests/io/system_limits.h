// Makes the system refuse for as long as the object lives.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace carousel {

/// No file may grow beyond `bytes`: a write then fails with EFBIG.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

/// The folder cannot be written to. Root may write anywhere, so the process is somebody else meanwhile.
class ReadOnlyFolder {
 public:
  explicit ReadOnlyFolder(std::filesystem::path path) : path_(std::move(path)), user_(::geteuid()) {
    using std::filesystem::perms;
    std::filesystem::permissions(path_, perms::all);
    std::filesystem::permissions(path_, perms::owner_write | perms::group_write | perms::others_write,
                                 std::filesystem::perm_options::remove);
    if (user_ == 0) works_ = ::seteuid(65534) == 0;
  }
  ReadOnlyFolder(const ReadOnlyFolder&) = delete;
  ReadOnlyFolder& operator=(const ReadOnlyFolder&) = delete;
  ~ReadOnlyFolder() {
    [[maybe_unused]] const int back = ::seteuid(user_);
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }

  /// False in a sandbox whose root may not become somebody else.
  bool works() const { return works_; }

 private:
  std::filesystem::path path_;
  uid_t user_;
  bool works_ = true;
};

}  // namespace carousel
