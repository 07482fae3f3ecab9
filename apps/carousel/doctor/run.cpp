#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/event_file.h"
#include "carousel/io/file.h"
#include "carousel/text.h"
#include "carousel/train/checkpoint.h"

#include "doctor/findings.h"
#include "runs/checkpoints.h"
#include "runs/record_lines.h"
#include "runs/request.h"
#include "runs/run_data.h"
#include "runs/run_record.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Sound with `text`, or wrong with what `look` throws.
template <class Look> Finding looked_at(const std::string& what, const std::string& text, Look look) try {
  look();
  return {what, Health::sound, text};
} catch (const std::exception& error) {
  return {what, Health::wrong, error.what()};
}

Finding lock_of(const RunFolder& run) {
  const LockState lock = look_at_lock(run.path());
  switch (lock.kind) {
    case LockState::held:
      return {"lock", Health::note, fmt::format("{} writes into it", lock.holder)};
    case LockState::stale:
      return {"lock", Health::note,
              fmt::format("left by {}, which is gone; a resume takes it over", lock.holder)};
    case LockState::elsewhere:
      return {"lock", Health::wrong,
              fmt::format("held by {}: if it no longer runs there, delete '{}'", lock.holder,
                          lock_file(run.path()).string())};
    default:
      return {"lock", Health::sound, "nobody writes into it"};
  }
}

struct RecordState {
  std::vector<std::size_t> damaged;
  std::int64_t last = 0;  ///< update
  bool cut_short = false;
};

RecordState state_of_record(const fs::path& path) {
  RecordState state;
  const std::string content = read_file(path);
  for (const RecordLine& line : lines_in(content)) {
    const auto update = update_in(parsed(line));
    if (update) state.last = std::max(state.last, *update);
    if (!update && line.whole) state.damaged.push_back(line.number);
    state.cut_short |= !update && !line.whole;
  }
  return state;
}

/// `saved` is the update of the checkpoint that a resume goes on from.
Finding record_of_run(const fs::path& path, std::int64_t saved, bool every_update) try {
  const std::string what = path.filename().string();
  const RecordState state = state_of_record(path);
  if (!state.damaged.empty()) {
    return {what, Health::wrong,
            fmt::format(
                "'{}' is damaged in line {}{}: delete or restore it", path.string(), state.damaged.front(),
                state.damaged.size() == 1 ? "" : fmt::format(" and {} others", state.damaged.size() - 1))};
  }
  if (every_update && state.last < saved) {
    return {
        what, Health::wrong,
        fmt::format("'{}' ends at update {}, but the checkpoint is of update {}: restore it, or go back by "
                    "--resume with --checkpoint",
                    path.string(), state.last, saved)};
  }
  std::string text = fmt::format("up to update {}", state.last);
  if (state.cut_short) text += ", its last line cut short by a kill";
  if (state.last <= saved) return {what, state.cut_short ? Health::note : Health::sound, text};
  return {what, Health::note, fmt::format("{}; a resume drops what comes after update {}", text, saved)};
} catch (const std::exception& error) {
  return {path.filename().string(), Health::wrong, error.what()};
}

void add_records(const RunFolder& run, std::int64_t saved, Findings& findings) {
  if (saved > 0 || fs::exists(run.metrics())) findings.push_back(record_of_run(run.metrics(), saved, true));
  for (const char* name : {"norms.jsonl", "spikes.jsonl"}) {
    if (fs::exists(run.flow() / name)) findings.push_back(record_of_run(run.flow() / name, saved, false));
  }
  const auto damaged = damaged_event_files(run.tensorboard());
  for (const fs::path& file : damaged) {
    findings.push_back(
        {"tb", Health::wrong,
         fmt::format("'{}' is damaged: TensorBoard shows what comes before; delete or restore it",
                     file.string())});
  }
}

/// Adds them; returns the updates of those that are sound, by name.
std::map<std::string, std::int64_t> add_checkpoints(const RunFolder& run, Findings& findings) {
  std::map<std::string, std::int64_t> updates;
  for (const std::string& name : checkpoint_names(run)) {
    try {
      const std::int64_t update = checked_checkpoint(run.checkpoints() / name).at("update");
      updates[name] = update;
      findings.push_back({name, Health::sound, fmt::format("after update {}", update)});
    } catch (const std::exception& error) {
      findings.push_back(
          {name, Health::wrong,
           fmt::format("{}; restore it, or resume from another of {}", error.what(), checkpoint_list(run))});
    }
  }
  return updates;
}

void add_leftovers(const RunFolder& run, Findings& findings) {
  std::vector<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(run.path())) {
    const std::string name = entry.path().filename().string();
    const bool of_checkpoint = entry.path().parent_path() == run.checkpoints() && name.ends_with(".new");
    if (of_checkpoint || name.starts_with(".carousel-")) left.push_back(name);
  }
  if (left.empty()) return;
  findings.push_back(
      {"half files", Health::note,
       fmt::format("{}, which a process was writing when it was killed; a resume removes them", join(left))});
}

Finding resume_of(const RunFolder& run, const std::optional<fs::path>& from, std::int64_t saved, bool sound) {
  if (!sound) return {"resume", Health::note, "it would be refused, or not be what it was: see above"};
  const json meta = read_json(run.meta());
  if (!from && meta.contains("imported"))
    return {"resume", Health::wrong,
            "it holds no weights: the import ended before it wrote them; import again"};
  if (!from) return {"resume", Health::sound, "it starts from its beginning: there is no checkpoint yet"};
  const std::string result = meta.contains("result") ? meta["result"].value("reason", "") : "";
  const bool ended = result == "finished" || result == "target" || result == "early-stop";
  return {"resume", Health::sound,
          fmt::format("{} after update {}, from '{}'", ended ? "it is at its end" : "it goes on", saved,
                      from->string())};
}

}  // namespace

Findings look_at_run(const RunFolder& run, const Registries& registries) {
  Findings findings;
  findings.push_back(looked_at("config.toml", "read", [&] { read_saved_request(run, registries); }));
  findings.push_back(looked_at("meta.json", "read", [&] { read_task_facts(run); }));
  if (findings[0].health == Health::sound && findings[1].health == Health::sound) {
    findings.push_back(looked_at("data", "what it was trained on", [&] {
      OptionValues values = read_saved_request(run, registries).values;
      find_same_data(kept_data(run), values);
    }));
  }
  findings.push_back(lock_of(run));
  const auto newest = newest_checkpoint(run);
  auto updates = add_checkpoints(run, findings);
  const std::int64_t saved = newest ? updates[newest->filename().string()] : 0;
  add_records(run, saved, findings);
  add_leftovers(run, findings);
  const bool sound =
      std::ranges::none_of(findings, [](const Finding& f) { return f.health == Health::wrong; });
  findings.push_back(resume_of(run, newest, saved, sound));
  return findings;
}

}  // namespace carousel::cli
