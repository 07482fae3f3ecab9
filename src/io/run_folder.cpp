#include "carousel/io/run_folder.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/io/folder.h"
#include "carousel/text.h"

#include "io/system_failure.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw_failure(error.value(), "make the folder", path);
}

/// False when it exists already.
bool make_folder(const fs::path& path) {
  std::error_code error;
  const bool made = fs::create_directory(path, error);
  if (error && error != std::errc::file_exists) throw_failure(error.value(), "make the folder", path);
  return made;
}

/// Fills a folder just made; takes it away again when that fails, for without meta.json it is in everyone's way.
void furnish(const RunFolder& run) try {
  for (const fs::path& folder : {run.flow(), run.tensorboard(), run.checkpoints()}) make_folders(folder);
  write_file_atomically(run.meta(), "{}\n");
} catch (...) {
  std::error_code ignored;
  fs::remove_all(run.path(), ignored);
  throw;
}

void check_name(const std::string& name) {
  const bool control = std::ranges::any_of(name, [](unsigned char c) { return c < ' ' || c == 0x7f; });
  if (!name.empty() && name[0] != '.' && name.find('/') == std::string::npos && !control) return;
  throw Error(
      fmt::format("'{}' cannot be the name of a run: give --name one folder name without '/' that does not "
                  "begin with a dot",
                  name));
}

/// The number of `<stem>-<number>`, or 0 for any other name.
int number_of(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem) || name.size() <= stem.size() + 1 || name[stem.size()] != '-') return 0;
  const std::string_view digits = name.substr(stem.size() + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole ? std::max(number, 0) : 0;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  return names;
}

fs::path make_numbered(const fs::path& root, const std::string& stem) {
  check_name(stem);
  int number = 0;
  for (const std::string& name : names_in(root)) number = std::max(number, number_of(name, stem));
  while (true) {
    const fs::path path = root / fmt::format("{}-{:03}", stem, ++number);
    if (make_folder(path)) return path;
  }
}

void require_run(const fs::path& path) {
  if (fs::is_directory(path) && fs::exists(path / "meta.json")) return;
  throw Error(fmt::format(
      "'{}' is there but is not a run folder (it has no meta.json), so --overwrite leaves it alone; "
      "choose another --name or move it away",
      path.string()));
}

std::string nearest_run(const fs::path& path) {
  std::vector<std::string> runs;
  for (const std::string& name : names_in(path.parent_path().empty() ? fs::path(".") : path.parent_path())) {
    if (fs::exists(path.parent_path() / name / "meta.json")) runs.push_back(name);
  }
  std::ranges::sort(runs);
  const std::string near = nearest(path.filename().string(), runs);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", (path.parent_path() / near).string());
}

}  // namespace

RunFolder RunFolder::create(const NewRun& run) try {
  make_folders(run.root);
  if (run.name.empty()) {
    RunFolder folder(make_numbered(run.root, run.stem));
    furnish(folder);
    return folder;
  }
  check_name(run.name);
  RunFolder folder(run.root / run.name);
  recover_folder(folder.path());
  if (make_folder(folder.path())) {
    furnish(folder);
  } else if (run.overwrite) {
    require_run(folder.path());
    const RunFolder fresh(run.root / fmt::format(".{}.{}.new", run.name, ::getpid()));
    fs::remove_all(fresh.path());
    furnish(fresh);
    replace_folder(fresh.path(), folder.path());
  } else {
    throw Error(
        fmt::format("the run '{0}' exists: choose another --name, give --overwrite to replace it, or go on "
                    "with it by --resume {0}",
                    folder.path().string()));
  }
  return folder;
} catch (const fs::filesystem_error& error) {
  throw_failure(error.code().value(), "make the run folder", run.root / run.name);
}

RunFolder RunFolder::open(const fs::path& path) {
  const fs::path tidy = path.lexically_normal();
  RunFolder folder(tidy.has_filename() ? tidy : tidy.parent_path());
  recover_folder(folder.path());
  std::error_code error;
  const fs::file_status status = fs::status(folder.path(), error);
  if (status.type() == fs::file_type::not_found) {
    throw Error(fmt::format("there is no run folder '{}'{}", path.string(), nearest_run(folder.path())));
  }
  if (error) throw_failure(error.value(), "open", path);
  if (fs::is_directory(status) && fs::exists(folder.meta())) return folder;
  throw Error(fmt::format(
      "'{}' is not a run folder (it has no meta.json): give the folder a training run wrote, such as "
      "runs/adding-lstm-001",
      path.string()));
}

}  // namespace carousel
