#include "system/background_program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "carousel/error.h"

#include "system/parent.h"

namespace carousel::cli {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

constexpr int not_started = 127;

[[noreturn]] void become(char* const* words, int errors, pid_t parent) {
  end_with_parent(parent);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execv(words[0], words);
  ::_exit(not_started);
}

}  // namespace

struct BackgroundProgram::Process {
  pid_t pid = -1;
  std::optional<int> code = {};
  File errors{std::tmpfile(), &std::fclose};  // without a name: nothing is left of it

  ~Process() {
    if (pid < 0 || code) return;
    ::kill(pid, SIGTERM);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
};

BackgroundProgram::BackgroundProgram(std::vector<std::string> command)
    : process_(std::make_unique<Process>()) {
  const auto refused = [&](int reason) {
    return SystemError(fmt::format("cannot start '{}': {}", command.front(), std::strerror(reason)));
  };
  if (!process_->errors) throw refused(errno);
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  const int errors = ::fileno(process_->errors.get());
  process_->pid = ::fork();
  if (process_->pid == 0) become(words.data(), errors, parent);
  if (process_->pid < 0) throw refused(errno);
}

BackgroundProgram::~BackgroundProgram() = default;

BackgroundProgram::BackgroundProgram(BackgroundProgram&& other) noexcept = default;

std::optional<int> BackgroundProgram::exit_code() {
  int status = 0;
  if (!process_->code && ::waitpid(process_->pid, &status, WNOHANG) == process_->pid)
    process_->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return process_->code;
}

void BackgroundProgram::send(int signal) {
  if (!process_->code) ::kill(process_->pid, signal);
}

std::string BackgroundProgram::last_words() const {
  constexpr off_t most = 16'384;
  const int file = ::fileno(process_->errors.get());
  std::array<char, most> end{};
  const off_t size = ::lseek(file, 0, SEEK_END);
  const ssize_t count = ::pread(file, end.data(), end.size(), std::max<off_t>(0, size - most));
  std::string text(end.data(), static_cast<std::size_t>(std::max<ssize_t>(0, count)));
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace carousel::cli
