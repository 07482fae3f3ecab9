#include "terminal/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "carousel/error.h"

namespace carousel::cli {

namespace {

/// 0, or why it was not written.
int write_to_stdout(std::string_view text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? 0 : errno;
}

void check_written(int failure) {
  if (failure != 0) throw SystemError(std::string("cannot write to stdout: ") + std::strerror(failure));
}

}  // namespace

void print(std::string_view text) {
  check_written(write_to_stdout(text));
}

void print_if_read(std::string_view text) {
  const int failure = write_to_stdout(text);
  if (failure != EPIPE && failure != EBADF) check_written(failure);
}

}  // namespace carousel::cli
