#include "sweep/sweep_options.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/text.h"

#include "options/option_group.h"
#include "options/shared_options.h"
#include "options/train_options.h"
#include "sweep/variant.h"

namespace carousel::cli {
namespace {

OptionGroup sweep_options() {
  OptionGroup g("Sweep");
  g.integer("jobs", 2, from_to(1, 4096), "runs at once; each has the cores divided by this as --threads");
  g.integer(
      "random", 0, from_to(0, 1'000'000),
      "draw this many settings from the lists, ranges, log(LOW,HIGH) and uniform(LOW,HIGH) given; 0: every "
      "combination");
  g.integer("sweep-seed", 1, from_to(0, 1'000'000'000), "what is drawn follows from it");
  g.choice(
      "tuner", "none", {"none", "optuna"},
      "what proposes settings, from the same lists, ranges and distributions, and stops those that do badly");
  g.integer("trials", 20, from_to(1, 1'000'000), "settings that a tuner tries, in all starts together");
  g.number_or_none("goal", {}, {}, "validation metric that counts as learnt").shown_default =
      "--stop-at, or else to be better than the task's baseline";
  g.flag("retry-failed", false, "train again what has failed in an earlier start");
  return g;
}

OptionGroup folder_options_of_sweep() {
  OptionGroup g("Run");
  g.text("name", "", "NAME", "folder of the sweep, with a folder a run").shown_default = "sweep-TASK";
  g.text("runs-dir", "runs", "FOLDER", "where that folder is");
  g.text("config", "", "FILE", "TOML file of the options of this command, with arrays for lists")
      .command_line_only = true;
  g.text("python", "", "PROGRAM", "the Python that has Optuna").shown_default =
      "$CAROUSEL_PYTHON, else that of the torch this was built with, else python3";
  g.flag("many-runs", false, "more than a thousand runs are meant; also spelt --yes").alias = "yes";
  g.flag("quiet", false, "only warnings and errors on stderr");
  g.add(json_option("the result"));
  g.add(help_option());
  return g;
}

}  // namespace

std::vector<Option> own_sweep_options() {
  return options_of({sweep_options(), folder_options_of_sweep()});
}

const std::vector<std::string>& names_of_one_run() {
  static const std::vector<std::string> names{"name",       "runs-dir", "overwrite",   "resume",
                                              "checkpoint", "config",   "task",        "live",
                                              "quiet",      "json",     "dump-config", "help"};
  return names;
}

bool is_of_one_run(const Option& option) {
  return std::ranges::find(names_of_one_run(), option.name) != names_of_one_run().end();
}

std::vector<Option> swept_table(const Registries& registries, const TaskSpec& task) {
  OptionGroup g("Sweep");
  g.text(variant_name, "", "{OPTION=VALUE,...},...",
         "options that are tried together, where combinations of all would not do: "
         "{cell=rnn},{cell=lstm,forget-bias=3}");
  std::vector<Option> table = g.options();
  for (const Option& option : train_options(registries, task)) table.push_back(option);
  return table;
}

Command sweep_command_for(const Registries& registries, const TaskSpec& task) {
  std::vector<Option> options = sweep_options().options();
  for (const Option& option : swept_table(registries, task)) {
    if (!is_of_one_run(option)) options.push_back(option);
  }
  for (const Option& option : folder_options_of_sweep().options()) options.push_back(option);
  return {.name = "sweep",
          .summary =
              "Trains many networks, one for every combination of the values given, and tells which settings "
              "are better than what the seeds make of them. Every option of carousel train takes a list "
              "(a,b,c) or a range (1..5); the command that was stopped, given again, goes on.",
          .positionals = {{"TASK", fmt::format("what is learnt: {} (default {})",
                                               join(registries.tasks.names()), first_task)}},
          .options = std::move(options)};
}

}  // namespace carousel::cli
