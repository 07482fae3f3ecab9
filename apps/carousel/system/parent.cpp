#include "system/parent.h"

#ifdef __linux__
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#endif

namespace carousel::cli {

#ifdef __linux__
void end_with_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(128 + SIGTERM);  // it ended before it was watched
}
#else
void end_with_parent(pid_t) {}
#endif

}  // namespace carousel::cli
