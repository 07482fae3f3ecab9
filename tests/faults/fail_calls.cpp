// Put before a program with LD_PRELOAD: counts its calls that change files below a folder, and kills it at the n-th,
// or lets that call fail.
//
//   FAIL_FOLDER   the folder, an absolute path without links
//   FAIL_COUNTER  a file of 8 bytes, where the number of calls stands (so that it is known also after a kill)
//   FAIL_AT       n, from 1; 0: only count
//   FAIL_HOW      kill: before the call; half: after half of a write; or the number of an errno (EINTR only of those
//                 calls that POSIX lets a signal interrupt)
//   FAIL_ON       1: from the n-th call on every one that would take space fails, as on a full disk
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

template <class Function> Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

const char* setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::atomic<std::uint64_t>* counter() {
  static auto* const mapped = [] {
    const int file = real<int (*)(const char*, int, ...)>("open")(setting("FAIL_COUNTER"), O_RDWR);
    void* memory = ::mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) std::abort();
    return static_cast<std::atomic<std::uint64_t>*>(memory);
  }();
  return mapped;
}

bool is_below(const std::string& path) {
  static const std::string folder = setting("FAIL_FOLDER");
  return path.compare(0, folder.size(), folder) == 0 &&
         (path.size() == folder.size() || path[folder.size()] == '/');
}

bool concerns(int directory, const char* path) {
  if (path[0] == '/') return is_below(path);
  char from[PATH_MAX] = {};
  if (directory == AT_FDCWD) {
    if (::getcwd(from, sizeof from) == nullptr) return false;
  } else if (::readlink(("/proc/self/fd/" + std::to_string(directory)).c_str(), from, sizeof from - 1) < 0) {
    return false;
  }
  return is_below(std::string(from) + "/" + path);
}

bool concerns(int descriptor) {
  char path[PATH_MAX] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  return ::readlink(link.c_str(), path, sizeof path - 1) > 0 && is_below(path);
}

enum class Effect { none, half, fails };

void die() {
  ::kill(::getpid(), SIGKILL);
  ::pause();
}

/// What a call is like, as far as it matters here.
struct Kind {
  bool takes_space = false, may_be_interrupted = false;
};

/// What is to happen at this call. Does not return from a kill.
Effect at_call(Kind kind) {
  static const std::uint64_t at = std::strtoull(setting("FAIL_AT"), nullptr, 10);
  static const std::string how = setting("FAIL_HOW");
  static const bool on = *setting("FAIL_ON") == '1';
  const std::uint64_t number = ++*counter();
  if (at == 0 || number < at || (number > at && !(on && kind.takes_space))) return Effect::none;
  if (how == "half") return Effect::half;
  if (how == "kill") die();
  const int reason = std::atoi(how.c_str());
  if (reason == EINTR && !kind.may_be_interrupted) return Effect::none;
  errno = reason;
  return Effect::fails;
}

/// The same for a call that writes nothing: half of it is before it.
bool fails(Kind kind) {
  const Effect effect = at_call(kind);
  if (effect == Effect::half) die();
  return effect == Effect::fails;
}

mode_t mode_of(int flags, va_list list) {
  return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(list, int)) : 0;
}

bool changes(int flags) {
  return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0;
}

int open_at(int directory, const char* path, int flags, mode_t mode) {
  if (changes(flags) && concerns(directory, path) &&
      fails({.takes_space = (flags & O_CREAT) != 0, .may_be_interrupted = true}))
    return -1;
  return real<int (*)(int, const char*, int, ...)>("openat")(directory, path, flags, mode);
}

FILE* open_stream(const char* name, const char* path, const char* mode) {
  const bool writes = std::strpbrk(mode, "wa+") != nullptr;
  if (writes && concerns(AT_FDCWD, path) && fails({.takes_space = true})) return nullptr;
  return real<FILE* (*)(const char*, const char*)>(name)(path, mode);
}

}  // namespace

extern "C" {

#define OPEN(name, directory, ...)                \
  int name(__VA_ARGS__, int flags, ...) {         \
    va_list list;                                 \
    va_start(list, flags);                        \
    const mode_t mode = mode_of(flags, list);     \
    va_end(list);                                 \
    return open_at(directory, path, flags, mode); \
  }
OPEN(open, AT_FDCWD, const char* path)
OPEN(open64, AT_FDCWD, const char* path)
OPEN(openat, directory, int directory, const char* path)
OPEN(openat64, directory, int directory, const char* path)
#undef OPEN

FILE* fopen(const char* path, const char* mode) {
  return open_stream("fopen", path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  return open_stream("fopen64", path, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  const auto call = real<ssize_t (*)(int, const void*, size_t)>("write");
  const Effect effect =
      concerns(descriptor) ? at_call({.takes_space = true, .may_be_interrupted = true}) : Effect::none;
  if (effect == Effect::fails) return -1;
  if (effect == Effect::half) {
    call(descriptor, bytes, count / 2);
    die();
  }
  return call(descriptor, bytes, count);
}

int fsync(int descriptor) {
  if (concerns(descriptor) && fails({.may_be_interrupted = true})) return -1;
  return real<int (*)(int)>("fsync")(descriptor);
}
int flock(int descriptor, int operation) {
  if (concerns(descriptor) && fails({.may_be_interrupted = true})) return -1;
  return real<int (*)(int, int)>("flock")(descriptor, operation);
}
int ftruncate(int descriptor, off_t size) {
  if (concerns(descriptor) && fails({.may_be_interrupted = true})) return -1;
  return real<int (*)(int, off_t)>("ftruncate")(descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) {
  if (concerns(descriptor) && fails({.may_be_interrupted = true})) return -1;
  return real<int (*)(int, off64_t)>("ftruncate64")(descriptor, size);
}
int rename(const char* from, const char* to) {
  if (concerns(AT_FDCWD, to) && fails({})) return -1;
  return real<int (*)(const char*, const char*)>("rename")(from, to);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  if (concerns(to_folder, to) && fails({})) return -1;
  return real<int (*)(int, const char*, int, const char*, unsigned)>("renameat2")(from_folder, from,
                                                                                  to_folder, to, flags);
}
int unlink(const char* path) {
  if (concerns(AT_FDCWD, path) && fails({})) return -1;
  return real<int (*)(const char*)>("unlink")(path);
}
int unlinkat(int directory, const char* path, int flags) {
  if (concerns(directory, path) && fails({})) return -1;
  return real<int (*)(int, const char*, int)>("unlinkat")(directory, path, flags);
}
int remove(const char* path) {
  if (concerns(AT_FDCWD, path) && fails({})) return -1;
  return real<int (*)(const char*)>("remove")(path);
}
int rmdir(const char* path) {
  if (concerns(AT_FDCWD, path) && fails({})) return -1;
  return real<int (*)(const char*)>("rmdir")(path);
}
int mkdir(const char* path, mode_t mode) {
  if (concerns(AT_FDCWD, path) && fails({.takes_space = true})) return -1;
  return real<int (*)(const char*, mode_t)>("mkdir")(path, mode);
}
int link(const char* from, const char* to) {
  if (concerns(AT_FDCWD, to) && fails({.takes_space = true})) return -1;
  return real<int (*)(const char*, const char*)>("link")(from, to);
}

}  // extern "C"
