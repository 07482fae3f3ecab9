#include "carousel/tasks/words.h"

#include "carousel/tasks/common_settings.h"

#include "tasks/tracking.h"

namespace carousel {

TaskSpec words_task() {
  return {
      .name = "words",
      .summary = "at every step, the product of the permutations so far",
      .needs = "",
      .settings = {{.name = "group",
                    .value = std::string("S3"),
                    .help =
                        "of 3 things all permutations, S3 (6), of 5 the even ones, A5 (60), or all, S5 (120)",
                    .choices = {"S3", "A5", "S5"}},
                   length_setting(40, 2),
                   batch_setting(64)},
      .model = {.cell = "lstm", .hidden = 64},
      .training = {.updates = 4000,
                   .validate_every = 200,
                   .target = 1.0,
                   .init = {.forget_bias = 1.0},
                   .clip = {.mode = ClipMode::norm, .limit = 1.0},
                   .optimiser = {.kind = OptimiserKind::adam, .lr = 5e-3}},
      .make = [](const Settings& settings, const TaskContext& context) {
        return tracking_task("words", settings.text("group"), settings, context.seed);
      }};
}

}  // namespace carousel
