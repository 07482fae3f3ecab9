#include "compare/timing.h"

#include <algorithm>
#include <cmath>

#include "carousel/model/sequence_model.h"
#include "carousel/train/task.h"

#include "compare/combinations.h"
#include "compare/subject.h"

namespace carousel::cli {

Speed time_updates(const Subject& subject, const RoundLimits& limits, PythonReference& python) {
  const Combination how = combinations_of(subject, {}, {}).front();
  const auto model = subject.model();
  Trainer trainer(*subject.task, *model, how.options);
  python.ask("prepare_timing", {{"training", training_json(how.options)}});
  const auto seconds_there = [&](std::int64_t updates) {
    return python.ask("time", {{"updates", updates}}).get<double>();
  };
  const auto seconds_here = [&](std::int64_t updates) {
    return seconds_of([&] {
      for (std::int64_t i = 0; i < updates; ++i) trainer.step();
    });
  };
  seconds_here(1), seconds_there(1);
  // As many a turn as take a sample's time here, so that changing sides weighs little.
  const double once = std::min(seconds_here(1), seconds_there(1));
  const auto updates = std::clamp<std::int64_t>(std::llround(limits.sample_seconds / once), 1, 50);
  std::vector<double> ours, reference;
  double spent = 0.0;
  for (std::int64_t round = 0; round < limits.rounds && (round < 3 || spent < limits.seconds); ++round) {
    for (const bool here : {round % 2 == 0, round % 2 != 0}) {
      const double taken = here ? seconds_here(updates) : seconds_there(updates);
      (here ? ours : reference).push_back(taken / static_cast<double>(updates));
      spent += taken;
    }
  }
  return {spread_of(ours), spread_of(reference), paired_ratio(reference, ours)};
}

}  // namespace carousel::cli
