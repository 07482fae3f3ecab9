// Another program as a partner in a conversation: one line out, one line back.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace carousel::cli {

/// The other program could not be started, ended, or did not answer in time: one sentence, with the last line
/// it wrote on stderr where there is one.
class ChildFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ChildOptions {
  std::string name;                             ///< what messages call it: "the reference in Python"
  std::vector<std::string> command;             ///< the program, looked for on PATH, and its arguments
  std::map<std::string, std::string> set = {};  ///< environment variables besides our own
  std::filesystem::path log;                    ///< the file that takes its stderr
};

/// A running program that reads our lines on stdin and answers on stdout. It is ended, and waited for, when
/// this goes; it sees the end of stdin when we die, however we die.
class ChildProcess {
 public:
  /// Throws ChildFailure when the program cannot be started.
  explicit ChildProcess(ChildOptions options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Throw ChildFailure when it has ended, and reading also after this many seconds without a whole line.
  void write_line(std::string_view line);
  std::string read_line(double seconds);

  /// The last line that it wrote on stderr, or "".
  std::string last_words() const;

 private:
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void report_end();
  void end();

  ChildOptions options_;
  pid_t pid_ = -1;
  int socket_ = -1;
  std::string unread_;
};

}  // namespace carousel::cli
