#include "carousel/io/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "io/descriptor.h"
#include "io/process_mark.h"
#include "io/system_failure.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;

void sync_path(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file.is_open() || !sync_descriptor(file.get())) throw_failure(errno, "sync", path);
}

void sync_tree(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_symlink()) continue;
    if (entry.is_regular_file() || entry.is_directory()) sync_path(entry.path());
  }
  sync_path(folder);
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// `checkpoints/last/` and `checkpoints/last` are the same folder, but only the second has a file name.
fs::path without_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

void move_name(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_failure(errno, "move a folder to", to);
}

/// Swaps two names in one step; false where the file system or the kernel cannot.
bool exchange_names([[maybe_unused]] const fs::path& a, [[maybe_unused]] const fs::path& b) {
#ifdef RENAME_EXCHANGE
  return ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
#else
  return false;
#endif
}

void replace_in_two_steps(const fs::path& temporary, const fs::path& final) {
  const fs::path aside = aside_name(final);
  int reason = EEXIST;
  // A reader that came in between has put the old folder back: then once more.
  while (reason == EEXIST || reason == ENOTEMPTY) {
    move_name(final, aside);
    if (::rename(temporary.c_str(), final.c_str()) == 0) {
      fs::remove_all(aside);
      return;
    }
    reason = errno;
  }
  move_name(aside, final);
  throw_failure(reason, "replace the folder", final);
}

void require_folder(const fs::path& path) {
  const fs::file_status status = fs::status(path);
  if (!fs::exists(status)) throw_failure(ENOENT, "find the folder", path);
  if (!fs::is_directory(status)) throw_failure(ENOTDIR, "use as a folder", path);
}

void replace(const fs::path& temporary, const fs::path& final) {
  require_folder(temporary);
  sync_tree(temporary);
  recover_folder(final);
  fs::remove_all(aside_name(final));
  if (!fs::exists(fs::symlink_status(final))) {
    move_name(temporary, final);
  } else {
    require_folder(final);
    if (exchange_names(temporary, final)) {
      fs::remove_all(temporary);
    } else {
      replace_in_two_steps(temporary, final);
    }
  }
  sync_path(parent_of(final));
}

}  // namespace

void make_empty_folder(const fs::path& folder) {
  std::error_code failed;
  fs::remove_all(folder, failed);
  if (!failed) fs::create_directories(folder, failed);
  if (failed) throw_failure(failed.value(), "make the folder", folder);
}

fs::path aside_name(const fs::path& final) {
  const fs::path path = without_slash(final);
  return path.parent_path() / ("." + path.filename().string() + ".old");
}

void replace_folder(const fs::path& temporary, const fs::path& final) {
  try {
    replace(without_slash(temporary), without_slash(final));
  } catch (const fs::filesystem_error& error) {
    throw_failure(error.code().value(), "replace the folder", error.path1().empty() ? final : error.path1());
  }
}

bool recover_folder(const fs::path& final) {
  const fs::path path = without_slash(final);
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(path, ignored)) || !fs::is_directory(aside_name(path), ignored))
    return false;
  if (::rename(aside_name(path).c_str(), path.c_str()) == 0) return true;
  // Another reader was faster, or the writer finished: either way the folder is there.
  if (fs::exists(fs::symlink_status(path, ignored))) return false;
  throw_failure(errno, "bring back the folder", path);
}

void remove_left_behind(const fs::path& folder) {
  std::vector<fs::path> left;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    if (is_left_behind(entry->path().filename().string())) left.push_back(entry->path());
  }
  for (const fs::path& path : left) fs::remove_all(path, ignored);
}

}  // namespace carousel
