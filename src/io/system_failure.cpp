#include "io/system_failure.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {
namespace {

std::string_view advice(int code, std::string_view action) {
  switch (code) {
    case ENOSPC:
      return "free some space or choose another place";
    case EDQUOT:
      return "your disk quota is used up: delete something or choose another place";
    case EFBIG:
      return "raise the file size limit (ulimit -f) or choose another place";
    case EACCES:
    case EPERM:
      return "change its permissions or choose another place";
    case EROFS:
      return "choose a place that is not mounted read-only";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    case ENOENT:
      return action == "read" ? "check the spelling" : "check the spelling, or create the folder first";
    case ENOTDIR:
      return "a part of the path is a file where a folder is needed: choose another path";
    case EISDIR:
      return "give the path of a file";
    case ENAMETOOLONG:
      return "choose a shorter name";
    case ELOOP:
      return "repair the symbolic links on the way";
    default:
      return "check the disk and try again";
  }
}

bool path_is_wrong(int code) {
  return code == ENOENT || code == ENOTDIR || code == EISDIR || code == ENAMETOOLONG || code == ELOOP;
}

}  // namespace

void throw_failure(int code, std::string_view action, const std::filesystem::path& path) {
  const std::string sentence = fmt::format("cannot {} '{}': {}; {}", action, path.string(),
                                           std::generic_category().message(code), advice(code, action));
  if (path_is_wrong(code)) throw Error(sentence);
  throw SystemError(sentence);
}

void throw_endless(const std::filesystem::path& path, std::uint64_t bytes) {
  throw Error(
      fmt::format("'{}' goes on after {} bytes, and no more is read of what is no file with a size of "
                  "its own: save what it gives as a file first",
                  path.string(), bytes));
}

}  // namespace carousel
