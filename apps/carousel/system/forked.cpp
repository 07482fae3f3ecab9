#include "system/forked.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace carousel::cli {
namespace {

[[noreturn]] void say(const std::function<std::string()>& work, int to) {
  std::string text;
  try {
    text = work();
  } catch (...) {  // as if it had died
  }
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(to, rest.data(), rest.size());
    if (written < 0 && errno != EINTR) break;
    rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(0, written)));
  }
  ::_exit(0);
}

}  // namespace

std::string said_by_fork(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "";
  const pid_t pid = ::fork();
  if (pid == 0) say(work, ends[1]);
  ::close(ends[1]);
  std::string said;
  std::array<char, 4096> bytes;
  while (pid > 0) {
    const ssize_t count = ::read(ends[0], bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    said.append(bytes.data(), static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  while (pid > 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return said;
}

}  // namespace carousel::cli
