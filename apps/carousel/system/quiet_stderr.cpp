#include "system/quiet_stderr.h"

#include <fcntl.h>
#include <unistd.h>

namespace carousel::cli {

QuietStderr::QuietStderr() {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return;
  own_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  if (own_ >= 0) ::dup2(nowhere, STDERR_FILENO);
  ::close(nowhere);
}

QuietStderr::~QuietStderr() {
  if (own_ < 0) return;
  ::dup2(own_, STDERR_FILENO);
  ::close(own_);
}

}  // namespace carousel::cli
