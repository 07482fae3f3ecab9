#include "options/train_options.h"

#include <algorithm>
#include <iterator>

#include "carousel/flow/diagnosis.h"

#include "options/noise_options.h"
#include "options/option_group.h"
#include "options/recurrence_option.h"
#include "options/shared_options.h"

namespace carousel::cli {
namespace {

/// Above 0 also after it was made a float.
constexpr Range positive_float = from_to(1e-30, 1e30);

const std::string& name_of(const std::vector<std::string>& names, auto kind) {
  return names.at(static_cast<std::size_t>(kind));
}

OptionGroup model_options(const ModelOptions& d, const CellRegistry& cells) {
  OptionGroup g("Model");
  g.choice("cell", d.cell, cells.names(), "recurrent cell");
  g.integer("hidden", d.hidden, from_to(1, 65'536), "units of each layer and direction");
  g.integer("layers", d.layers, from_to(1, 1'000), "layers stacked on each other");
  g.flag("bidirectional", d.bidirectional, "also run over the sequence backwards");
  g.number("dropout", d.dropout, share,
           "share of a layer's outputs, from 0 to 1, dropped between layers while training");
  g.integer("embedding", d.embedding, from_to(0, 65'536),
            "numbers a token is embedded in, which are learned; 0: one-hot");
  g.add(recurrence_option());
  g.flag("learn-start", d.learn_start, "learn the states before the first step, which are zeros otherwise");
  g.choice("engine", name_of(engine_names(), d.engine), engine_names(),
           "what runs the cell; auto: fused kernels on the CPU, torch's own layer on CUDA, else the loop")
      .may_change = true;
  g.flag("save-memory", d.save_memory, "very long sequences: a third more arithmetic, memory as sqrt(T)")
      .may_change = true;
  g.add(dtype_option());
  g.add(device_option()).may_change = true;
  return g;
}

OptionGroup init_options(const InitOptions& d) {
  OptionGroup g("Initialisation");
  g.number_or_none("forget-bias", d.forget_bias, from_to(-1'000, 1'000),
                   "effective bias of the gate that keeps the memory")
      .exclusive = "keep bias";
  g.number_or_none("chrono-tmax", d.chrono_tmax, from_to(2, 1e9),
                   "chrono initialisation: the units' memories span 1 to this many steps")
      .exclusive = "keep bias";
  g.choice("init-recurrent", name_of(recurrent_init_names(), d.recurrent), recurrent_init_names(),
           "recurrent matrices; cell: as the cell's paper has them, torch's where it says nothing");
  g.number("init-radius", d.radius, from_to(1e-30, 1e6), "spectral radius, for --init-recurrent radius");
  g.number("init-std", d.std, from_to(1e-30, 1e6), "standard deviation, for --init-recurrent normal");
  return g;
}

OptionGroup length_options(const TrainerOptions& d, double epochs) {
  OptionGroup g("Training");
  Option& length =
      g.updates("train-for", d.updates, above(0), "length: updates such as 5000u or epochs such as 20e");
  if (epochs > 0) length.value = number_text(epochs) + "e";
  length.may_change = true;
  g.integer("accumulate", d.accumulate, from_to(1, 1'000'000),
            "batches of one update, which weigh as in one large batch");
  g.integer("tbptt", d.tbptt, at_least(0), "steps after which the gradient is cut within a batch; 0: never");
  g.updates("validate-every", d.validate_every, at_least(0),
            "updates or epochs between validations; 0: only at the end");
  g.integer("validation-batches", d.validation_batches, at_least(0),
            "batches that a validation measures; 0: all");
  g.integer("patience", d.patience, at_least(0),
            "validations without a better metric before stopping; 0: never")
      .may_change = true;
  g.integer(
       "keep", 0, {.min = 0, .max = 1000000},
       "checkpoints of validations that stay, the newest, as update-000500 and so on besides best and last")
      .may_change = true;
  Option& stop = g.number_or_none("stop-at", d.target, {}, "stop when the validation metric is this good");
  stop.alias = "target";  // its name until tasks had a setting of that name
  stop.may_change = true;
  return g;
}

OptionGroup optimiser_options(const OptimiserOptions& d) {
  OptionGroup g("Training");
  g.choice("optimiser", name_of(optimiser_names(), d.kind), optimiser_names(),
           "how gradients become updates; also spelt --optimizer")
      .alias = "optimizer";
  // A rate that breaks every weight is no wrong input: the update that it breaks is taken back and named.
  g.number("lr", d.lr, {.min = 0, .max = 1e38, .above_min = true},
           "learning rate before the schedule's factor")
      .may_change = true;
  g.number("momentum", d.momentum, share,
           "share of the last update that goes on in the next, of sgd and rmsprop");
  g.number("rmsprop-alpha", d.alpha, share, "decay of rmsprop's mean square");
  g.number("beta1", d.beta1, share, "decay of the mean, of adam and adamw");
  g.number("beta2", d.beta2, share, "decay of the mean square, of adam and adamw");
  g.number("eps", d.eps, positive_float, "added to the root of the mean square");
  Option& decay = g.number_or_none("weight-decay", d.weight_decay, at_least(0),
                                   "L2 penalty; decoupled from the gradient in adamw");
  if (!d.weight_decay) decay.value = "auto";
  decay.unset = "auto";
  decay.shown_default = "torch's: 0.01 for adamw, else 0";
  return g;
}

OptionGroup schedule_options(const ScheduleOptions& d) {
  OptionGroup g("Training");
  g.choice("schedule", std::string(schedule_name(d.kind)), schedule_names(), "learning rate over time");
  g.updates("warmup", d.warmup_updates, at_least(0),
            "updates or epochs at the start in which the rate rises linearly");
  g.updates("schedule-step", d.step_updates, above(0),
            "updates or epochs between two falls of the schedule step");
  g.number("schedule-gamma", d.gamma, {.min = 0, .max = 1, .above_min = true},
           "factor of a step, or of every update of exponential");
  g.number("min-lr", d.min_rate, at_least(0), "the schedule does not fall below this rate");
  g.integer("plateau-patience", d.plateau_patience, at_least(0),
            "validations without progress before plateau lowers the rate");
  g.number("plateau-factor", d.plateau_factor, {.min = 0, .max = 1, .above_min = true, .below_max = true},
           "factor of a fall of plateau");
  g.number("plateau-threshold", d.plateau_threshold, share,
           "relative fall of the validation loss that counts as progress");
  return g;
}

OptionGroup gradient_options(const TrainerOptions& d) {
  OptionGroup g("Gradient");
  const auto limit = [&](ClipMode mode) {
    return d.clip.mode == mode ? std::optional(d.clip.limit) : std::nullopt;
  };
  const auto clipping = [](Option& option) { option.exclusive = "clip", option.may_change = true; };
  clipping(g.number_or_none("clip-norm", limit(ClipMode::norm), positive_float,
                            "largest joint norm of all gradients; larger ones are scaled down"));
  clipping(g.number_or_none("clip-value", limit(ClipMode::value), positive_float,
                            "bound every entry of the gradient instead"));
  clipping(g.flag("clip-report", d.clip.mode == ClipMode::report, "clip nothing, only measure"));
  g.choice(
       "on-nonfinite", name_of(on_non_finite_names(), d.on_non_finite), on_non_finite_names(),
       "what follows a loss, gradient or weight that is not a number: stop with exit code 3, skip the batch, "
       "or go back to the last validation and on at a lower rate")
      .may_change = true;
  g.number("back-factor", d.back_factor, {.min = 0, .max = 1, .above_min = true, .below_max = true},
           "factor of the learning rate, each time --on-nonfinite back goes back")
      .may_change = true;
  g.number("max-skipped", d.max_skipped_share, from_to(0, 1),
           "largest share of the updates that --on-nonfinite skip leaves out, three always among them")
      .may_change = true;
  g.updates(
      "flow-every", d.flow_every, at_least(0),
      "updates or epochs between samples of every time step's gradient in flow/norms.jsonl; 0: nothing is "
      "recorded");
  g.flag("record-always", d.record_always,
         "on the fused engine, record every update: reach, gates, saturation, spikes");
  return g;
}

OptionGroup repeat_options(const TaskSpec& task) {
  OptionGroup g("Run");
  g.text("task", task.name, "NAME", "the same as TASK");
  g.add(seed_option());
  Option& threads = g.add(threads_option());
  threads.help = "CPU threads; the same number repeats a run exactly";
  threads.shown_default = "all cores; 1 for small models on the loop engine";
  threads.may_change = true;
  g.flag("tensorboard", true, "write event files for TensorBoard; --tensorboard=false: none").may_change =
      true;
  return g;
}

OptionGroup folder_options() {
  OptionGroup g("Run");
  g.text("name", "", "NAME", "folder of the run").shown_default = "TASK-CELL-001, -002, ...";
  g.text("runs-dir", "runs", "FOLDER", "where run folders are");
  g.flag("overwrite", false, "replace the run of that name");
  Option& processes =
      g.integer("processes", 1, from_to(1, 4'096),
                "processes on this machine that share every batch, started by torchrun's launcher");
  processes.command_line_only = true, processes.may_change = true;
  Option& patience = g.number("process-timeout", 600.0, {.min = 0, .max = 1e6, .above_min = true},
                              "seconds that a process waits for another");
  patience.command_line_only = true, patience.may_change = true;
  g.text("resume", "", "RUN", "go on with a run from its last checkpoint").command_line_only = true;
  Option& checkpoint = g.add(checkpoint_option());
  checkpoint.help = "with --resume, go back to this one, best or update-000500; what came after is dropped";
  checkpoint.shown_default = "last";
  checkpoint.command_line_only = true;
  g.text("config", "", "FILE",
         "TOML file of options, such as a run's config.toml; environment variables such as CAROUSEL_LR go "
         "before it, "
         "and options given here before both")
      .command_line_only = true;
  g.flag("dump-config", false, "print the options as TOML and stop").command_line_only = true;
  return g;
}

/// The verdicts as words without spaces.
std::vector<std::string> verdict_choices() {
  std::vector<std::string> names{"none"};
  for (const std::string_view verdict : verdict_names) {
    if (verdict == name_of(Verdict::healthy)) continue;
    std::string& name = names.emplace_back(verdict);
    std::ranges::replace(name, ' ', '-');
  }
  names.push_back("any");
  return names;
}

OptionGroup console_options() {
  OptionGroup g("Run");
  Option& log_every = g.updates("log-every", 1, above(0), "updates or epochs between lines of the log");
  log_every.value = log_every.unset = "auto";
  log_every.shown_default = "about 40 lines a run";
  g.choice("fail-on", "none", verdict_choices(),
           "stop, save and exit with code 4 when the gradient's diagnosis is this one, or any but healthy");
  g.flag("live", false, "draw the gradient's way back through time while it trains");
  g.flag("quiet", false, "only warnings and errors on stderr");
  g.add(json_option("the result"));
  return g;
}

enum class Kept { in_config, for_this_call, changeable };

void append(std::vector<Option>& table, const OptionGroup& group, Kept kept = Kept::in_config) {
  for (Option option : group.options()) {
    option.saved = kept == Kept::in_config;
    option.may_change |= kept == Kept::changeable;
    table.push_back(std::move(option));
  }
}

}  // namespace

std::vector<Option> train_options(const Registries& registries, const TaskSpec& task) {
  std::vector<Option> table = task_settings(registries.tasks, task);
  append(table, model_options(task.model, registries.cells));
  append(table, noise_options());
  append(table, init_options(task.training.init));
  append(table, length_options(task.training, task.epochs));
  append(table, optimiser_options(task.training.optimiser));
  append(table, schedule_options(task.training.schedule));
  append(table, gradient_options(task.training));
  append(table, repeat_options(task));
  append(table, folder_options(), Kept::for_this_call);
  append(table, console_options(), Kept::changeable);
  table.push_back(help_option());
  return table;
}

}  // namespace carousel::cli
