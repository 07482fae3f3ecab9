#include "forked.h"

#include <unistd.h>

namespace carousel::fused {

namespace {

const pid_t process_that_loaded = getpid();

}  // namespace

bool forked() {
  return getpid() != process_that_loaded;
}

}  // namespace carousel::fused
