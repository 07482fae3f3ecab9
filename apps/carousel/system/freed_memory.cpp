#include "system/freed_memory.h"

#include <cstdlib>

#ifdef __GLIBC__  // known once a header of the library was read
#include <malloc.h>
#endif

namespace carousel::cli {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int bytes = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, bytes);
  mallopt(M_TRIM_THRESHOLD, bytes);
#endif
}

}  // namespace carousel::cli
