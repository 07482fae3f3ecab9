#include "carousel/io/run_folder.h"

#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/io/folder.h"
#include "carousel/text.h"

#include "io/process_mark.h"
#include "io/system_failure.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw_failure(error.value(), "make the folder", path);
}

/// Fills a folder under its temporary name.
void furnish(const RunFolder& run, const std::map<std::string, std::string>& files) {
  for (const fs::path& folder : {run.flow(), run.tensorboard(), run.checkpoints()}) make_folders(folder);
  for (const auto& [name, content] : files) write_file_atomically(run.path() / name, content);
  if (!files.contains("meta.json")) write_file_atomically(run.meta(), "{}\n");
}

/// What fails under the temporary name is told with the one that was asked for.
template <class Call> void named_as(const fs::path& temporary, const fs::path& asked, Call call) {
  const auto told = [&](std::string sentence) {
    const std::size_t at = sentence.find(temporary.string());
    return at == std::string::npos ? sentence
                                   : sentence.replace(at, temporary.string().size(), asked.string());
  };
  try {
    call();
  } catch (const Error& error) {
    throw Error(told(error.what()));
  } catch (const SystemError& error) {
    throw SystemError(told(error.what()));
  }
}

/// Gives a filled folder its name. False when a folder that holds something, or a file, has that name.
bool give_name(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return true;
  if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR) throw_failure(errno, "make the folder", to);
  return false;
}

/// Whether a run ended before its first update: what there is was written before, or is empty.
bool holds_nothing(const RunFolder& run) {
  if (!fs::exists(run.meta())) return false;
  const std::vector<fs::path> before{
      run.config(), run.meta(), run.log(), run.table(), run.path() / "alphabet.json", lock_file(run.path())};
  for (const auto& entry : fs::recursive_directory_iterator(run.path())) {
    if (entry.is_directory() && !entry.is_symlink()) continue;
    const bool expected = std::ranges::find(before, entry.path()) != before.end() ||
                          entry.path().parent_path() == run.tensorboard() ||
                          is_left_behind(entry.path().filename().string());
    if (!expected && !(entry.is_regular_file() && entry.file_size() == 0)) return false;
  }
  return true;
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

fs::path first_free(const fs::path& root, const std::string& stem, const fs::path& filled) {
  int number = 0;
  for (const std::string& name : names_in(root)) number = std::max(number, number_of(name, stem));
  while (true) {
    const fs::path path = root / fmt::format("{}-{:03}", stem, ++number);
    if (give_name(filled, path)) return path;
  }
}

void require_run(const fs::path& path) {
  if (fs::is_directory(path) && fs::exists(path / "meta.json")) return;
  throw Error(fmt::format(
      "'{}' is there but is not a run folder (it has no meta.json), so --overwrite leaves it alone; "
      "choose another --name or move it away",
      path.string()));
}

Error run_exists(const RunFolder& run) {
  return Error(
      fmt::format("the run '{0}' exists: choose another --name, give --overwrite to replace it, or go on "
                  "with it by --resume {0}",
                  run.path().string()));
}

/// Whether there is a run of that name that is to be replaced. Throws Error for one that is not.
bool is_taken(const RunFolder& run, bool overwrite) {
  recover_folder(run.path());
  std::error_code ignored;
  const fs::file_status status = fs::symlink_status(run.path(), ignored);
  if (!fs::exists(status) || (fs::is_directory(status) && fs::is_empty(run.path()))) return false;
  if (overwrite) return require_run(run.path()), true;
  if (fs::is_directory(status) && holds_nothing(run)) return true;
  throw run_exists(run);
}

void replace_run(const fs::path& fresh, const fs::path& final) {
  RunLock old = RunLock::take(final);
  replace_folder(fresh, final);
  old.leave_file();
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

RunFolder RunFolder::create(const NewRun& run) {
  return create_locked(run).folder;
}

LockedRun RunFolder::create_locked(const NewRun& run) try {
  check_name(run.name.empty() ? run.stem : run.name);
  make_folders(run.root);
  remove_left_behind(run.root);
  const RunFolder final(run.root / run.name);
  const bool replaces = !run.name.empty() && is_taken(final, run.overwrite);

  const RunFolder fresh(run.root / temporary_name(".new"));
  try {
    const auto shown = run.root / (run.name.empty() ? run.stem : run.name);
    named_as(fresh.path(), shown, [&] { furnish(fresh, run.files); });
    RunLock lock = RunLock::take(fresh.path());
    const RunFolder folder =
        run.name.empty() ? RunFolder(first_free(run.root, run.stem, fresh.path())) : final;
    if (replaces) {
      replace_run(fresh.path(), final.path());
    } else if (!run.name.empty() && !give_name(fresh.path(), final.path())) {
      throw run_exists(final);  // since a moment ago
    }
    lock.moved_to(folder.path());
    return {folder, std::move(lock)};
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(fresh.path(), ignored);
    throw;
  }
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
