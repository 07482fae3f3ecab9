#include "sweep/request.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "options/nearest_option.h"
#include "options/option_group.h"
#include "options/shared_options.h"
#include "options/train_options.h"
#include "runs/learned_cells.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

/// What given options mean, the higher layer last.
using Layers = std::vector<std::vector<GivenTexts>>;

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

std::vector<Option> own_options() {
  return options_of({sweep_options(), folder_options_of_sweep()});
}

/// Options of train that say where one run is kept and how it is shown.
bool is_of_one_run(const Option& option) {
  static const std::vector<std::string> names{"name",       "runs-dir", "overwrite",   "resume",
                                              "checkpoint", "config",   "task",        "live",
                                              "quiet",      "json",     "dump-config", "help"};
  return std::ranges::find(names, option.name) != names.end();
}

Command command_for(const Registries& registries, const TaskSpec& task) {
  std::vector<Option> options = sweep_options().options();
  for (const Option& option : train_options(registries, task)) {
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

std::vector<GivenTexts> as_texts(const std::vector<Given>& given) {
  std::vector<GivenTexts> texts;
  for (const Given& one : given) texts.push_back({one.name, {one.text}, false, one.label});
  return texts;
}

/// Those of a layer that are, or are not, this command's own.
std::vector<GivenTexts> chosen_of(const std::vector<GivenTexts>& given, bool own) {
  static const std::vector<Option> table = own_options();
  std::vector<GivenTexts> chosen;
  std::ranges::copy_if(given, std::back_inserter(chosen), [&](const GivenTexts& one) {
    return one.name != "task" && (find_option(table, one.name) != nullptr) == own;
  });
  return chosen;
}

OptionValues own_values(const Layers& layers) {
  OptionValues values(own_options());
  constexpr Layer names[] = {Layer::file, Layer::environment, Layer::flag};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::vector<Given> given;
    for (const GivenTexts& one : chosen_of(layers[i], true)) {
      if (one.array) throw Error(fmt::format("{} is an array, but takes one value", one.label));
      if (values.option(one.name).command_line_only && names[i] == Layer::file)
        throw Error(fmt::format("{}: this option belongs on the command line only", one.label));
      given.push_back({one.name, one.texts.front(), one.label});
    }
    values.apply(names[i], given);
  }
  return values;
}

/// Whether a given value says something, for options that exclude each other.
bool excludes(const Option& option, const Option& other) {
  return !option.exclusive.empty() && option.exclusive == other.exclusive && option.name != other.name;
}

/// For every option what its highest layer gives.
std::vector<SweptOption> swept_options(const Layers& layers, const std::vector<Option>& table,
                                       const CellRegistry& cells) {
  std::map<std::string, GivenTexts> given;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::vector<GivenTexts> layer = chosen_of(layers[i], false);
    const auto before = given;
    for (const GivenTexts& one : layer) {
      const Option* option = find_option(table, one.name);
      if (option == nullptr || is_of_one_run(*option))
        throw Error(fmt::format("unknown key {}{}", one.label, nearest_option(table, one.name, "")));
      if (option->foreign && i == 1) continue;  // the environment's are passed over, as by train
      for (const auto& [name, lower] : before) {
        if (excludes(*option, *find_option(table, name))) given.erase(name);
      }
      given.insert_or_assign(option->name, one);
    }
  }
  std::vector<SweptOption> swept;
  for (const Option& option : table) {
    const auto found = given.find(option.name);
    if (found == given.end() || find_option(table, option.name) != &option) continue;
    swept.push_back(swept_option(option, found->second, cells));
  }
  return swept;
}

/// The cells that the file names, which the command line cannot tell.
void learn_cells_of(const std::vector<GivenTexts>& file, Registries& registries) {
  for (const GivenTexts& one : file) {
    if (one.name != "cell") continue;
    for (const std::string& text : one.texts) learn_cells({"--cell", text}, registries);
  }
}

std::optional<std::string> task_of(const std::vector<GivenTexts>& file) {
  const auto found = std::ranges::find(file, "task", &GivenTexts::name);
  if (found == file.end()) return {};
  if (found->array) throw Error(fmt::format("{} is an array, but a sweep is of one task", found->label));
  return found->texts.front();
}

const TaskSpec& wanted_task_of(const Arguments& arguments, const std::vector<GivenTexts>& file,
                               const Registries& registries) {
  if (const auto& named = arguments.positionals.front()) return registries.tasks.find(*named);
  if (const char* variable = std::getenv("CAROUSEL_TASK")) return registries.tasks.find(variable);
  return registries.tasks.find(task_of(file).value_or(first_task));
}

SweepRequest request_of(const TaskSpec& task, const Layers& layers, const Registries& registries) {
  SweepRequest request{.task = &task,
                       .options = swept_options(layers, train_options(registries, task), registries.cells),
                       .own = own_values(layers),
                       .folder = {}};
  if (request.own.text("name").empty()) request.own.choose("name", "sweep-" + task.name);
  request.folder = std::filesystem::path(request.own.text("runs-dir")) / request.own.text("name");
  return request;
}

}  // namespace

const SweptOption* SweepRequest::option(const std::string& name) const {
  const auto found = std::ranges::find(options, name, &SweptOption::name);
  return found == options.end() ? nullptr : &*found;
}

Command sweep_command(const Registries& registries) {
  return command_for(registries, registries.tasks.find(first_task));
}

std::optional<SweepRequest> read_sweep_request(const Words& words, Registries& registries) {
  const Arguments arguments = parse_arguments(sweep_command(registries), words);
  const auto config = arguments.text("config");
  const auto file = config ? read_toml_lists(*config) : std::vector<GivenTexts>{};
  if (!arguments.help()) learn_cells_of(file, registries);
  const TaskSpec& task = wanted_task_of(arguments, file, registries);
  if (arguments.help()) {
    print(help_text(command_for(registries, task), !arguments.positionals.front()));
    return {};
  }
  const auto environment = environment_values(command_for(registries, task).options);
  return request_of(task, {file, as_texts(environment), as_texts(arguments.given)}, registries);
}

SweepRequest read_sweep_file(const std::filesystem::path& file, const Registries& registries) {
  const auto given = read_toml_lists(file);
  return request_of(registries.tasks.find(task_of(given).value_or(first_task)), {given}, registries);
}

TrainRequest train_request(const SweepRequest& request, const std::vector<Given>& values,
                           const Registries& registries) {
  std::vector<Given> given = values;
  for (const SweptOption& option : request.options) {
    if (std::ranges::find(values, option.name, &Given::name) != values.end()) continue;
    const std::string first = option.drawn ? number_text(option.drawn->low) : option.values.front().given;
    given.push_back({option.name, first, option.label});
  }
  return configured_request({.given = std::move(given), .positionals = {request.task->name}, .rest = {}},
                            registries);
}

}  // namespace carousel::cli
