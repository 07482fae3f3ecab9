#include "runs/experiment.h"

#include <cmath>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include "carousel/data/text.h"
#include "carousel/error.h"
#include "carousel/model/sequence_model.h"
#include "carousel/text.h"

#include "options/noise_options.h"
#include "options/recurrence_option.h"
#include "options/train_options.h"
#include "runs/device.h"
#include "terminal/reading_line.h"

namespace carousel::cli {
namespace {

SettingValue value_of(const Option& option) {
  switch (option.kind) {
    case Kind::integer:
      return parse_number<std::int64_t>(option.value).value();
    case Kind::number:
      return parse_number<double>(option.value).value();
    case Kind::flag:
      return option.value == "true";
    default:
      return option.value;
  }
}

ClipOptions clip_options(const OptionValues& values) {
  if (const auto limit = values.optional_number("clip-norm")) return {ClipMode::norm, *limit};
  if (const auto limit = values.optional_number("clip-value")) return {ClipMode::value, *limit};
  return {.mode = ClipMode::report};
}

OptimiserOptions optimiser_options(const OptionValues& values) {
  return {.kind = chosen<OptimiserKind>(optimiser_names(), values.text("optimiser")),
          .lr = values.number("lr"),
          .momentum = values.number("momentum"),
          .alpha = values.number("rmsprop-alpha"),
          .beta1 = values.number("beta1"),
          .beta2 = values.number("beta2"),
          .eps = values.number("eps"),
          .weight_decay = values.optional_number("weight-decay")};
}

ScheduleOptions schedule_options(const OptionValues& values, const Task& task, std::int64_t updates) {
  return {.kind = parse_schedule_kind(values.text("schedule")),
          .warmup_updates = in_updates(values, "warmup", task),
          .total_updates = updates,
          .step_updates = in_updates(values, "schedule-step", task),
          .gamma = values.number("schedule-gamma"),
          .min_rate = values.number("min-lr"),
          .plateau_patience = values.integer("plateau-patience"),
          .plateau_factor = values.number("plateau-factor"),
          .plateau_threshold = values.number("plateau-threshold")};
}

}  // namespace

Settings settings_from(const TaskSpec& task, const OptionValues& values) {
  Settings settings(task.settings);
  for (const Setting& setting : task.settings)
    settings.set(setting.name, value_of(values.option(setting.name)));
  return settings;
}

std::unique_ptr<Task> make_task(const TaskSpec& task, const OptionValues& values, const TaskMemory& memory,
                                bool measured) {
  const auto seed = static_cast<std::uint64_t>(values.integer("seed"));
  ReadingLine line(values.flag("quiet"));
  return task.make(
      settings_from(task, values),
      {.seed = seed, .memory = memory, .measured = measured, .progress = [&](const ReadProgress& progress) {
         line.show(progress);
       }});
}

std::shared_ptr<SequenceModel> make_model(const TaskFacts& task, const OptionValues& values,
                                          const CellRegistry& cells) {
  const torch::Device device = device_from(values.text("device"));
  torch::manual_seed(static_cast<std::uint64_t>(values.integer("seed")));
  const ModelOptions options{.cell = values.text("cell"),
                             .hidden = values.integer("hidden"),
                             .layers = values.integer("layers"),
                             .bidirectional = values.flag("bidirectional"),
                             .dropout = values.number("dropout"),
                             .embedding = values.integer("embedding"),
                             .engine = chosen<Engine>(engine_names(), values.text("engine")),
                             .save_memory = values.flag("save-memory"),
                             .recurrence = asked_recurrence(values),
                             .learn_start = values.flag("learn-start"),
                             .noise = asked_noise(values, cells.find(values.text("cell")).facts)};
  auto model = std::make_shared<SequenceModel>(task, options, cells);
  model->to(device, values.text("dtype") == "double" ? torch::kDouble : torch::kFloat);
  model->recurrent().engine_choice();  // refuses an engine that cannot run it, before anything is written
  return model;
}

InitOptions init_options(const OptionValues& values) {
  return {.forget_bias = values.optional_number("forget-bias"),
          .chrono_tmax = values.optional_number("chrono-tmax"),
          .recurrent = chosen<RecurrentInit>(recurrent_init_names(), values.text("init-recurrent")),
          .radius = values.number("init-radius"),
          .std = values.number("init-std")};
}

std::int64_t in_updates(const OptionValues& values, const std::string& name, const Task& task) {
  const Duration duration = values.duration(name);
  if (!duration.epochs) return static_cast<std::int64_t>(duration.amount);
  const std::int64_t batches = task.batches(Split::train);
  if (batches == 0) {
    throw Error(fmt::format(
        "--{} is {}, but the data of {} is generated without end and has no epochs: give updates, "
        "such as 4000u",
        name, values.text(name), task.facts().name));
  }
  const double updates =
      duration.amount * static_cast<double>(batches) / static_cast<double>(values.integer("accumulate"));
  if (updates > longest_duration) {
    throw Error(fmt::format("--{} is {}, which is {:.3g} updates: at most {:.0e} are counted", name,
                            values.text(name), updates, longest_duration));
  }
  return static_cast<std::int64_t>(std::ceil(updates));
}

TrainerOptions trainer_options(const OptionValues& values, const Task& task) {
  const std::int64_t updates = in_updates(values, "train-for", task);
  return {.updates = updates,
          .accumulate = values.integer("accumulate"),
          .tbptt = values.integer("tbptt"),
          .validate_every = in_updates(values, "validate-every", task),
          .patience = values.integer("patience"),
          .flow_every = in_updates(values, "flow-every", task),
          .record_always = values.flag("record-always"),
          .target = values.optional_number("stop-at"),
          .validation_batches = values.integer("validation-batches"),
          .on_non_finite = chosen<OnNonFinite>(on_non_finite_names(), values.text("on-nonfinite")),
          .max_skipped_share = values.number("max-skipped"),
          .back_factor = values.number("back-factor"),
          .init = init_options(values),
          .clip = clip_options(values),
          .optimiser = optimiser_options(values),
          .schedule = schedule_options(values, task, updates)};
}

void use_threads(std::int64_t threads) {
  at::set_num_threads(static_cast<int>(threads));
  // In torch's operations too what is too small for the normal form is zero, as it is in the fused engine; threads that are
  // started later begin like this one.
  at::globalContext().setFlushDenormal(true);
}

}  // namespace carousel::cli
