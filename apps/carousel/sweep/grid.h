// The runs of a plan as jobs, those that are missing or were stopped.
#pragma once

#include <chrono>
#include <deque>

#include "sweep/jobs.h"
#include "sweep/plan.h"
#include "sweep/record.h"
#include "terminal/console.h"

namespace carousel::cli {

/// The words that begin a run, or go on with one that was stopped. `cores` is what it may use at most.
Words words_of_run(const SweepRequest& request, const std::vector<Given>& values, const std::string& name,
                   const Registries& registries);

/// Throws SystemError where a run was ended by a full disk: more of them would end in the same way.
void check_disk(const JobEnd& end);

class SweepGrid : public JobSource {
 public:
  /// Looks at what there is already.
  SweepGrid(const SweepRequest& request, const SweepPlan& plan, SweepRecord& record, const Registries& registries);

  std::optional<SweepJob> next() override;
  bool waits() const override { return !queue_.empty(); }
  void ended(const SweepJob& job, const JobEnd& end) override;
  std::vector<std::string> look(const std::vector<std::string>& running) override;

  std::size_t left() const { return queue_.size(); }
  /// Runs that failed in this start or before, with their sentence.
  const std::map<std::string, JobEnd>& failures() const { return failures_; }

 private:
  void say(const std::string& line);

  const SweepRequest& request_;
  const SweepPlan& plan_;
  SweepRecord& record_;
  const Registries& registries_;
  std::deque<std::size_t> queue_;  // places in the plan
  std::map<std::string, JobEnd> failures_;
  std::size_t before_ = 0, done_ = 0;  // done in earlier starts; now
  std::size_t running_ = 0;
  bool told_of_waiting_ = false;
  Console console_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace carousel::cli
