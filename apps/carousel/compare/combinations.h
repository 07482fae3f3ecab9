// Which trainings are compared, and how Python is told of one.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/train/trainer.h"

namespace carousel::cli {

struct Subject;

/// A way to train: an optimiser under a schedule.
struct Combination {
  std::string optimiser, schedule;
  TrainerOptions options;
  bool scaled = false;  ///< the schedule is not the configured one, but made to act within the updates

  std::string name() const { return optimiser + " " + schedule; }
};

/// What `optimisers` and `schedules` mean; both empty: every optimiser under the configuration's schedule,
/// and every schedule under its optimiser; one empty: the configuration's. Other optimisers than the
/// configured one train at a rate that suits them: RMSprop at a tenth of Adam's, SGD at ten times the others'.
std::vector<Combination> combinations_of(const Subject& subject, const std::vector<std::string>& optimisers,
                                         const std::vector<std::string>& schedules);

/// The arguments of the reference's Training.
nlohmann::json training_json(const TrainerOptions& options);

}  // namespace carousel::cli
