#include "system/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include <fmt/format.h>

extern char** environ;

namespace carousel::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{2};  // for a program whose stdin has ended

std::vector<std::string> environment_with(const std::map<std::string, std::string>& set) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!set.contains(text.substr(0, text.find('=')))) variables.push_back(text);
  }
  for (const auto& [name, value] : set) variables.push_back(fmt::format("{}={}", name, value));
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

}  // namespace

ChildProcess::ChildProcess(ChildOptions options) : options_(std::move(options)) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail(fmt::format("cannot be started: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, options_.log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
  auto variables = environment_with(options_.set);
  auto words = options_.command;
  const int error = ::posix_spawnp(&pid_, words.front().c_str(), &actions, nullptr, pointers_to(words).data(),
                                   pointers_to(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  socket_ = ends[0];
  if (error == 0) return;
  pid_ = -1;
  ::close(socket_);
  fail(fmt::format("cannot be started: {}", std::strerror(error)));
}

ChildProcess::~ChildProcess() {
  end();
}

void ChildProcess::end() {
  if (socket_ >= 0) ::close(socket_);  // the end of its stdin: it may clean up behind itself
  socket_ = -1;
  if (pid_ < 0) return;
  const auto until = Clock::now() + patience;
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (Clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    break;
  }
  pid_ = -1;
}

void ChildProcess::write_line(std::string_view line) {
  const std::string text = std::string(line) + "\n";
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) report_end();
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string ChildProcess::read_line(double seconds) {
  const auto until = Clock::now() + std::chrono::duration<double>(seconds);
  while (unread_.find('\n') == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) fail(fmt::format("has not answered for {:g} s", seconds));
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    std::array<char, 65536> bytes;
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) report_end();
    unread_.append(bytes.data(), static_cast<std::size_t>(count));
  }
  const std::size_t end = unread_.find('\n');
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

void ChildProcess::report_end() {
  int status = 0;
  const auto until = Clock::now() + patience;
  pid_t ended = 0;
  while ((ended = ::waitpid(pid_, &status, WNOHANG)) == 0 && Clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  if (ended == 0) fail("has closed its output");
  pid_ = -1;
  fail(how_it_ended(status));
}

std::string ChildProcess::last_words() const {
  std::ifstream file(options_.log);
  std::string line, last;
  while (std::getline(file, line)) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  return last;
}

void ChildProcess::fail(const std::string& what) const {
  const std::string last = last_words();
  throw ChildFailure(fmt::format("{} ({}) {}{}", options_.name, options_.command.front(), what,
                                 last.empty() ? "" : "; its last words: " + last));
}

}  // namespace carousel::cli
