// Another program that works beside us, silently, until it ends or is told to.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carousel::cli {

/// A running program. Its stdin is empty, its stdout goes nowhere, its stderr is kept. It is asked to end, and
/// waited for, when this goes; where the system can (Linux), it is asked also when we die, however we die.
class BackgroundProgram {
 public:
  /// The program and its arguments. Throws SystemError when it cannot be started.
  explicit BackgroundProgram(std::vector<std::string> command);
  ~BackgroundProgram();
  BackgroundProgram(BackgroundProgram&& other) noexcept;

  /// Once it has ended, its exit code, or 128 + n where signal n ended it.
  std::optional<int> exit_code();

  void send(int signal);

  /// The last line that it has written on stderr, or "".
  std::string last_words() const;

 private:
  struct Process;
  std::unique_ptr<Process> process_;
};

}  // namespace carousel::cli
