// What a sweep keeps in its folder besides the runs:
//
//   sweep.toml      what was asked, by which it is known again
//   failures.json   runs that have failed in a way that repeats: {name: {"exit_code", "error"}}
//   lock            who trains there, while it does
//   sweep.json, sweep.csv, sweep.html, best.toml     what it came to
#pragma once

#include <map>
#include <string>

#include "carousel/io/run_lock.h"

#include "sweep/jobs.h"
#include "sweep/request.h"

namespace carousel::cli {

class SweepRecord {
 public:
  /// Makes the folder, or goes on with one of the same request, and keeps others out. Throws Error where a run or
  /// something else has that name, the request is another, or another process sweeps there; SystemError when the system refuses.
  SweepRecord(const SweepRequest& request, const Registries& registries);

  /// Whether the folder is that of an earlier start.
  static bool exists(const SweepRequest& request);

  /// What has failed, by the run's name.
  const std::map<std::string, JobEnd>& failures() const { return failures_; }
  void note_failure(const std::string& run, const JobEnd& end);
  void forget_failures();

 private:
  void read_failures();
  void write_failures() const;

  std::filesystem::path folder_;
  RunLock lock_;
  std::map<std::string, JobEnd> failures_;
};

/// The request as TOML, which `carousel sweep --config` takes.
std::string sweep_toml(const SweepRequest& request);

/// Where two requests differ in what their runs are, as "--lr is 0.1, and was 0.2"; "" where they do not.
std::string difference_of(const SweepRequest& now, const SweepRequest& before);

}  // namespace carousel::cli
