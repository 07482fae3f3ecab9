// The runs of a plan as jobs, those that are missing or were stopped.
#pragma once

#include <deque>
#include <map>

#include "sweep/jobs.h"
#include "sweep/plan.h"
#include "sweep/progress.h"
#include "sweep/record.h"

namespace carousel::cli {

/// The words that begin a run, or go on with one that was stopped.
Words words_of_run(const SweepRequest& request, const std::vector<Given>& values, const std::string& name,
                   const Registries& registries);

class SweepGrid : public JobSource {
 public:
  /// Looks at what there is already.
  SweepGrid(const SweepRequest& request, const SweepPlan& plan, SweepRecord& record,
            const Registries& registries);

  std::optional<SweepJob> next() override;
  bool waits() const override { return !queue_.empty(); }
  void ended(const SweepJob& job, const JobEnd& end) override;
  std::vector<std::string> look(const std::vector<std::string>& running) override;

  /// Runs that failed in this start or before.
  const std::map<std::string, JobEnd>& failures() const { return failures_; }

 private:
  const SweepRequest& request_;
  const SweepPlan& plan_;
  SweepRecord& record_;
  const Registries& registries_;
  std::deque<std::size_t> queue_;  // places in the plan
  std::map<std::string, JobEnd> failures_;
  std::optional<SweepProgress> progress_;
  bool told_of_waiting_ = false;
};

}  // namespace carousel::cli
