// The trials of a tuner as jobs: what it asks for is trained, its validations are reported, what it gives up is stopped.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <set>

#include "sweep/figures.h"
#include "sweep/jobs.h"
#include "sweep/plan.h"
#include "sweep/progress.h"
#include "sweep/record.h"
#include "sweep/tuner.h"

namespace carousel::cli {

/// The lines that a run appends to its metrics.jsonl, as they come.
class ValidationTail {
 public:
  explicit ValidationTail(std::filesystem::path file) : file_(std::move(file)) {}

  /// Update and metric of every validation since the last call.
  Validations next();

 private:
  std::filesystem::path file_;
  std::uint64_t read_ = 0;  // bytes
};

class SweepTrials : public JobSource {
 public:
  /// Goes on with the trials that an earlier start did not end.
  SweepTrials(const SweepRequest& request, SweepRecord& record, const Registries& registries, Tuner& tuner);

  std::optional<SweepJob> next() override;
  bool waits() const override { return !open_.empty(); }
  void ended(const SweepJob& job, const JobEnd& end) override;
  std::vector<std::string> look(const std::vector<std::string>& running) override;

  /// A setting a trial.
  SweepPlan plan() const;
  const std::map<std::string, JobEnd>& failures() const { return failures_; }
  const std::set<std::string>& pruned() const { return pruned_; }

 private:
  SweepJob job_of(const TunedTrial& trial) const;
  void tell_complete(std::size_t trial);

  const SweepRequest& request_;
  SweepRecord& record_;
  const Registries& registries_;
  Tuner& tuner_;
  std::vector<TunedTrial> trials_;  // by their numbers
  std::deque<std::size_t> open_;    // begun in an earlier start
  std::map<std::string, JobEnd> failures_;
  std::set<std::string> pruned_;
  std::map<std::string, ValidationTail> tails_;
  std::optional<SweepProgress> progress_;
  std::chrono::steady_clock::time_point looked_at_{};
};

}  // namespace carousel::cli
