// A study of Optuna: what to try next, and what came of it. It lies in study.db in the sweep's folder, which
// optuna-dashboard opens.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sweep/figures.h"
#include "sweep/request.h"
#include "system/child_process.h"

namespace carousel::cli {

/// There is no Python, or no Optuna in it: one sentence that says which was tried and what to do. Exit code 77.
class NoTuner : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct TunedTrial {
  std::int64_t number = 0;
  std::string state = "running";  ///< complete, pruned, fail
  std::map<std::string, std::string> values = {};
};

class Tuner {
 public:
  /// Opens the study or begins it; a list is a categorical parameter, a range and what is drawn are numbers.
  /// Throws NoTuner, or SystemError when Python starts and does not answer as it should.
  Tuner(const SweepRequest& request, bool lower_is_better);

  /// Of earlier starts; those in the state running were not told of.
  const std::vector<TunedTrial>& before() const { return before_; }

  // All throw SystemError when Python ends or hangs.
  TunedTrial ask();
  /// Validations, the latest last. Returns whether the trial should be given up.
  bool report(std::int64_t number, const Validations& validations);
  void complete(std::int64_t number, double metric);
  void give_up(std::int64_t number, const std::string& state);

 private:
  nlohmann::json answer(nlohmann::json question);
  nlohmann::json read(double seconds);
  void greet();

  std::string python_;
  std::unique_ptr<ChildProcess> child_;
  std::vector<TunedTrial> before_;
};

}  // namespace carousel::cli
