#include "runs/checkpoints.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/folder.h"
#include "carousel/text.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kept_prefix = "update-";

/// The update of a kept checkpoint, by its name.
std::optional<std::int64_t> kept_update(const std::string& name) {
  const bool named = name.starts_with(kept_prefix) && name.size() > kept_prefix.size();
  if (!named || name.find_first_not_of("0123456789", kept_prefix.size()) != std::string::npos) return {};
  return std::stoll(name.substr(kept_prefix.size(), 18));
}

std::vector<std::string> names_of_entries(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename().string());
  return names;
}

std::vector<std::int64_t> kept_updates(const RunFolder& run) {
  std::vector<std::int64_t> updates;
  for (const std::string& name : names_of_entries(run.checkpoints())) {
    if (const auto update = kept_update(name)) updates.push_back(*update);
  }
  std::ranges::sort(updates);
  return updates;
}

/// Under another name first, so that nobody finds half of it.
void remove_checkpoint(const fs::path& checkpoint) {
  const fs::path aside = checkpoint.string() + ".new";
  std::error_code failed;
  fs::remove_all(aside, failed);
  fs::rename(checkpoint, aside, failed);
  if (!failed) fs::remove_all(aside, failed);
  if (failed)
    throw SystemError(
        fmt::format("cannot delete the checkpoint '{}': {}", checkpoint.string(), failed.message()));
}

void remove_kept(const RunFolder& run, std::int64_t update) {
  for (const std::string& name : names_of_entries(run.checkpoints())) {
    if (kept_update(name) == update) remove_checkpoint(run.checkpoints() / name);
  }
}

}  // namespace

std::string kept_name(std::int64_t update) {
  return fmt::format("{}{:06}", kept_prefix, update);
}

std::vector<std::string> checkpoint_names(const RunFolder& run) {
  std::vector<std::string> names;
  for (const char* name : {"best", "last"}) {
    if (fs::is_directory(run.checkpoints() / name)) names.emplace_back(name);
  }
  for (const std::int64_t update : kept_updates(run)) names.push_back(kept_name(update));
  return names;
}

std::string checkpoint_list(const RunFolder& run) {
  const auto names = checkpoint_names(run);
  return names.empty() ? "none" : join(names);
}

fs::path named_checkpoint(const RunFolder& run, const std::string& name) {
  for (const char* known : {"best", "last"}) recover_folder(run.checkpoints() / known);
  const auto names = checkpoint_names(run);
  if (std::ranges::find(names, name) != names.end()) return run.checkpoints() / name;
  throw Error(fmt::format("the run '{}' has no checkpoint '{}': it has {}", run.path().string(), name,
                          checkpoint_list(run)));
}

std::optional<fs::path> newest_checkpoint(const RunFolder& run) {
  for (const char* name : {"last", "best"}) {
    const fs::path checkpoint = run.checkpoints() / name;
    recover_folder(checkpoint);
    if (fs::exists(checkpoint)) return checkpoint;
  }
  return {};
}

bool is_of_validation(const fs::path& checkpoint) try {
  const auto state = nlohmann::json::parse(read_file(checkpoint / "state.json"));
  return state.at("last").at("update") == state.at("update");
} catch (const std::exception&) {
  return false;
}

void tidy_checkpoints(const RunFolder& run) {
  for (const char* name : {"best", "last"}) recover_folder(run.checkpoints() / name);
  for (const std::string& name : names_of_entries(run.checkpoints())) {
    const bool half = name.ends_with(".new") || (name.starts_with(".") && name.ends_with(".old"));
    std::error_code ignored;
    if (half) fs::remove_all(run.checkpoints() / name, ignored);
  }
  const fs::path best = run.checkpoints() / "best", last = run.checkpoints() / "last";
  if (fs::exists(best) && !fs::exists(last)) share_checkpoint(best, last);
}

void share_checkpoint(const fs::path& from, const fs::path& to) {
  const fs::path aside = to.string() + ".new";
  make_empty_folder(aside);
  try {
    for (const auto& entry : fs::directory_iterator(from)) {
      const fs::path there = aside / entry.path().filename();
      std::error_code failed;
      fs::create_hard_link(entry.path(), there, failed);
      if (failed) fs::copy_file(entry.path(), there);
    }
    replace_folder(aside, to);
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    throw SystemError(fmt::format("cannot keep the checkpoint '{}': {}; free some space or lower --keep",
                                  to.string(), error.code().message()));
  }
}

void keep_last_checkpoint(const RunFolder& run, std::int64_t update, std::int64_t count) {
  share_checkpoint(run.checkpoints() / "last", run.checkpoints() / kept_name(update));
  const auto updates = kept_updates(run);
  for (std::size_t i = 0; i + static_cast<std::size_t>(count) < updates.size(); ++i)
    remove_kept(run, updates[i]);
}

void drop_checkpoints_after(const RunFolder& run, std::int64_t update) {
  for (const std::int64_t kept : kept_updates(run)) {
    if (kept > update) remove_kept(run, kept);
  }
}

}  // namespace carousel::cli
