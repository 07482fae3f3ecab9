// The folder a training run leaves behind, and where each thing lies in it:
//
//   config.toml     the options, re-runnable            flow/         per-step gradient norms
//   meta.json       command line, versions, seed        tb/           event files
//   log.txt         what was logged                     checkpoints/  last, best, ...
//   metrics.jsonl   a line an update, a validation      metrics.csv   the same as a table
//   verdict.json    what is wrong with the gradient     report.html   the report
//   lock            who writes there, while it does
//   nonfinite.jsonl a line an update that was skipped or gone back from
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "carousel/io/run_lock.h"

namespace carousel {

/// Where a new run goes. An empty name asks for `<stem>-001`, or the number after the highest there is.
struct NewRun {
  std::filesystem::path root = "runs";
  std::string name = {};
  std::string stem = "run";  ///< `<task>-<cell>`
  bool overwrite = false;
  std::map<std::string, std::string> files =
      {};  ///< that are in it from the start: "config.toml" and its text
};

struct LockedRun;

/// A run folder that exists. Only names places; who writes there uses file.h.
class RunFolder {
 public:
  /// Makes the folder with its subfolders, its files and a meta.json, the mark of a run folder; it appears
  /// whole or, when the process is killed, not at all, and what such a process left under `root` is deleted.
  /// Two processes that ask at once for a numbered name get different ones. A run that was killed before its
  /// first update holds nothing and is replaced like an empty folder. Throws Error when the name is no plain
  /// folder name, when the folder exists and is not to be overwritten, when another process writes into it, or
  /// when it is to be overwritten but is not a run folder (has no meta.json), so that nothing else is ever
  /// deleted; SystemError when the system refuses.
  static RunFolder create(const NewRun& run);

  /// The same, and nobody else writes there until the lock is gone.
  static LockedRun create_locked(const NewRun& run);

  /// Opens a run to read or resume it. Throws Error when there is none, naming the nearest run beside it.
  static RunFolder open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::string name() const { return path_.filename().string(); }

  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path meta() const { return path_ / "meta.json"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path non_finite() const { return path_ / "nonfinite.jsonl"; }
  std::filesystem::path verdict() const { return path_ / "verdict.json"; }
  std::filesystem::path table() const { return path_ / "metrics.csv"; }
  std::filesystem::path flow() const { return path_ / "flow"; }
  std::filesystem::path tensorboard() const { return path_ / "tb"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path report() const { return path_ / "report.html"; }

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

struct LockedRun {
  RunFolder folder;
  RunLock lock;
};

}  // namespace carousel
