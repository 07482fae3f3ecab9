// A process that does not outlive who started it.
#pragma once

#include <sys/types.h>

namespace carousel::cli {

/// From here on this process gets SIGTERM when `parent`, which started it, ends in any way; where it has ended already, this process
/// ends here. May be called between fork and exec. Only Linux knows this; elsewhere nothing happens.
void end_with_parent(pid_t parent);

}  // namespace carousel::cli
