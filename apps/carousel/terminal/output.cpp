#include "terminal/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "carousel/error.h"

namespace carousel::cli {

void print(std::string_view text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) throw SystemError(std::string("cannot write to stdout: ") + std::strerror(errno));
}

}  // namespace carousel::cli
