#include "carousel/tasks/vowels.h"

#include "carousel/tasks/common_settings.h"

#include "tasks/series_settings.h"
#include "tasks/series_task.h"

namespace carousel {
namespace {

/// The archive's two files, or a table that is answered.
Settings as_series(const Settings& settings, const TaskContext& context) {
  const auto data = needed_path(settings, "data", "vowels", "a folder", "FOLDER");
  const bool answers = context.answer_every.has_value();
  Settings series(series_settings());
  series.set("data", (answers ? data : data / "JapaneseVowels_TRAIN.ts").string());
  if (!answers) series.set("test-data", (data / "JapaneseVowels_TEST.ts").string());
  series.set("target", std::string("label"));
  series.set("group", std::string("sequence"));
  series.set("predict", std::string("sequence"));
  series.set("split", std::string("every:10"));
  series.set("batch", settings.integer("batch"));
  return series;
}

}  // namespace

TaskSpec vowels_task() {
  return {
      .name = "vowels",
      .summary = "which of nine speakers said two Japanese vowels",
      .needs = "the JapaneseVowels files: --data FOLDER",
      .settings = {path_setting("data", "the folder with JapaneseVowels_TRAIN.ts and JapaneseVowels_TEST.ts"),
                   batch_setting(16)},
      .model = {.cell = "lstm", .hidden = 64},
      .training = {.validate_every = 48,
                   .init = {.forget_bias = 1.0},
                   .clip = {.mode = ClipMode::norm, .limit = 1.0},
                   .optimiser = {.kind = OptimiserKind::adam, .lr = 2e-3}},
      .epochs = 60.0,
      .make = [](const Settings& settings, const TaskContext& context) {
        return make_series(as_series(settings, context), context, "vowels");
      }};
}

}  // namespace carousel
