#include "flow/request.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "flow/flow.h"
#include "options/option_group.h"
#include "options/shared_options.h"
#include "options/train_options.h"
#include "runs/learned_cells.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

constexpr const char* summary =
    "Analyses what a network's gradient does on its way back: spectra, Lyapunov exponents, lags, truncation.";

OptionGroup analysis_options() {
  OptionGroup g("Analysis");
  g.integer("sequences", 8, from_to(1, 100'000), "sequences of the task's data that are followed");
  g.integer("steps", 400, at_least(1), "steps that are analysed at most, the last of longer sequences");
  g.add(split_option()).shown_default = "valid; train where there is none";
  return g;
}

OptionGroup run_options() {
  OptionGroup g("Run");
  for (const Option& option :
       {checkpoint_option(), json_option("the figures, the content of flow/analysis.json,"), help_option()})
    g.add(option);
  return g;
}

std::vector<Option> own_options() {
  return options_of({analysis_options(), run_options()});
}

bool is_own(const std::string& name) {
  return std::ranges::any_of(own_options(), [&](const Option& option) { return option.name == name; });
}

bool is_threads_or_setting(const Option& option) {
  return option.name == "threads" || !option.tasks.empty();
}

/// The options of a network that is not trained: those of training that say what it is, and where it starts.
bool says_what_it_is(const Option& option) {
  const bool of_run = option.name == "seed" || option.name == "threads";
  const bool elsewhere = option.name == "engine" || option.name == "save-memory" ||
                         option.name == "dropout" || option.name == "device" || option.name == "batch" ||
                         option.name == "split";  // here the part that is analysed
  return !elsewhere &&
         (of_run || option.group == "Model" || option.group == "Initialisation" || !option.tasks.empty());
}

Command command_for(const Registries& registries, const TaskSpec& task) {
  OptionGroup data("Data, where it is not the run's or the task's"), model("Model of an untrained network"),
      start("Initialisation of an untrained network"), run("Run");
  for (const Option& option : train_options(registries, task)) {
    if (!says_what_it_is(option)) continue;
    const bool starts = option.group == "Initialisation" || option.name == "seed";
    OptionGroup& group = !option.tasks.empty()     ? data
                         : option.group == "Model" ? model
                         : starts                  ? start
                                                   : run;
    group.add(option);
  }
  for (const Option& option : run_options().options()) run.add(option);
  return {
      .name = "flow",
      .summary = summary,
      .positionals = {{"RUN|TASK",
                       fmt::format("folder of a run, such as runs/adding-lstm-001: its weights beside those "
                                   "before training, kept in RUN/flow/analysis.json; or a task ({}; default "
                                   "{}): a network that was never trained",
                                   join(registries.tasks.names()), first_task)}},
      .options = options_of({analysis_options(), data, model, start, run})};
}

bool is_task(const Registries& registries, const std::string& name) {
  const auto names = registries.tasks.names();
  return std::ranges::find(names, name) != names.end();
}

/// A word that is neither a task nor a folder: the nearest of the tasks, when one is near.
void check_known(const std::string& word, const Registries& registries) {
  const bool path = word.find('/') != std::string::npos || std::filesystem::exists(word);
  if (path || nearest(word, registries.tasks.names()).empty()) return;
  throw Error(did_you_mean("run or task", word, registries.tasks.names()));
}

FlowRequest of_run(const std::string& path, const std::vector<Given>& network, OptionValues asked,
                   const Registries& registries) {
  SavedRun run = open_saved_run(path, "flow", registries);
  for (const Given& given : network) {
    if (is_threads_or_setting(run.request.values.option(given.name))) continue;
    throw Error(
        fmt::format("{} is {}, but the run {} has a network of its own: leave it out, or name the task '{}' "
                    "in place of the run",
                    given.label, given.text, path, run.request.task->name));
  }
  run.request.values.apply(Layer::flag, network);
  const auto weights = weights_file(run.folder, asked.text("checkpoint"));
  return {std::move(run.request), std::move(asked), run.memory, run.folder, weights};
}

FlowRequest of_untrained(const TaskSpec& task, const std::vector<Given>& network, OptionValues asked,
                         const Registries& registries) {
  if (!asked.is_default("checkpoint")) {
    throw Error(
        fmt::format("--checkpoint is {}, but no run was named: carousel flow runs/NAME --checkpoint {}",
                    asked.text("checkpoint"), asked.text("checkpoint")));
  }
  OptionValues values(train_options(registries, task));
  values.apply(Layer::flag, network);
  values.choose("task", task.name);
  choose_the_rest(values, registries);
  return {{&task, std::move(values), {}}, std::move(asked)};
}

}  // namespace

Command flow_command(const Registries& registries) {
  return command_for(registries, registries.tasks.find(first_task));
}

std::optional<FlowRequest> read_flow_request(const Words& words, const Registries& registries) {
  const Command any = flow_command(registries);
  Arguments arguments = parse_arguments(any, words);
  name_cells(arguments.given, registries.cells);
  const std::string word = arguments.positionals.front().value_or(first_task);
  const bool untrained = is_task(registries, word);
  if (arguments.help()) {
    const bool named = untrained && arguments.positionals.front();
    print(help_text(named ? command_for(registries, registries.tasks.find(word)) : any, !named));
    return {};
  }
  std::vector<Given> own, network;
  for (const Given& given : arguments.given) (is_own(given.name) ? own : network).push_back(given);
  OptionValues asked(own_options());
  asked.apply(Layer::flag, own);
  if (untrained) return of_untrained(registries.tasks.find(word), network, std::move(asked), registries);
  check_known(word, registries);
  return of_run(word, network, std::move(asked), registries);
}

}  // namespace carousel::cli
