// Trainings side by side, each in a process of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "options/arguments.h"
#include "train/signals.h"

namespace carousel::cli {

/// A command of this program, and what it works on.
struct SweepJob {
  std::string run;
  Words words;  ///< "train", ...
};

struct JobEnd {
  int exit_code = 0;     ///< 128 + n where signal n ended it, or it ended for that
  std::string sentence;  ///< what it said last, without the program's name
};

/// What hands out jobs and hears of them.
class JobSource {
 public:
  virtual ~JobSource() = default;

  /// The next one to start; nothing where none can be started now.
  virtual std::optional<SweepJob> next() = 0;
  /// Whether one may come later although none runs.
  virtual bool waits() const { return false; }
  virtual void ended(const SweepJob& job, const JobEnd& end) = 0;
  /// Again and again while some run; one whose run is returned is asked to end.
  virtual std::vector<std::string> look(const std::vector<std::string>& running) = 0;
};

/// Runs jobs, at most so many at once, until there are none left; after a signal starts no more, passes it on and waits
/// for those that run. Returns the signal, or 0. What the source throws asks those that run to end, and waits.
int run_jobs(JobSource& source, std::size_t at_once, const StopOnSignal& stop);

}  // namespace carousel::cli
