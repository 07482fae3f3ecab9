#include "carousel/tasks/parity.h"

#include "carousel/tasks/common_settings.h"

#include "tasks/tracking.h"

namespace carousel {

TaskSpec parity_task() {
  return {.name = "parity",
          .summary = "at every step, whether the bits so far were odd in number",
          .needs = "",
          .settings = {length_setting(40, 2), batch_setting(64)},
          .model = {.cell = "lstm", .hidden = 32},
          .training = {.updates = 4000,
                       .validate_every = 200,
                       .target = 1.0,
                       .init = {.forget_bias = 1.0},
                       .clip = {.mode = ClipMode::norm, .limit = 1.0},
                       .optimiser = {.kind = OptimiserKind::adam, .lr = 5e-3}},
          .make = [](const Settings& settings, const TaskContext& context) {
            return tracking_task("parity", "S2", settings, context.seed);
          }};
}

}  // namespace carousel
