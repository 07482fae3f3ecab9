// What is told on stderr while runs train: a line for each that has ended, and on a terminal one that is rewritten with
// what runs, what is done and what is left.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "sweep/jobs.h"
#include "terminal/console.h"

namespace carousel::cli {

class SweepProgress {
 public:
  /// Of `count` runs, of which some were done or have failed in earlier starts.
  SweepProgress(std::size_t count, std::size_t done, std::size_t failed, bool quiet);

  void done(const std::filesystem::path& folder, const std::string& run);
  void pruned(const std::string& run);
  void failed(const std::string& run, const std::string& sentence);
  void say(const std::string& line);

  void show(const std::vector<std::string>& running);

 private:
  void ended(const std::string& line);
  std::size_t finished() const { return done_ + failed_; }

  std::size_t count_, done_, failed_, now_ = 0;
  bool quiet_;
  Console console_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Why a run ended that did not come to its end; what it said, or how it ended.
std::string failure_of(const JobEnd& end);

/// Whether it is a failure: a run that --fail-on stopped has come to its end.
bool is_failure(const JobEnd& end);

/// Throws SystemError where a run was ended by a full disk: more of them would end in the same way.
void check_disk(const JobEnd& end);

}  // namespace carousel::cli
