// What a library writes to stderr by itself.
#pragma once

namespace carousel::cli {

/// While it lives, nothing that the process writes to stderr is seen.
class QuietStderr {
 public:
  QuietStderr();
  ~QuietStderr();
  QuietStderr(const QuietStderr&) = delete;
  QuietStderr& operator=(const QuietStderr&) = delete;

 private:
  int own_ = -1;  ///< the stderr that comes back; -1 where it could not be put away
};

}  // namespace carousel::cli
