#include "runs/request.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "options/arguments.h"
#include "options/nearest_option.h"
#include "options/recurrence_option.h"
#include "options/toml.h"
#include "options/train_options.h"
#include "runs/learned_cells.h"
#include "runs/run_data.h"
#include "runs/run_record.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

Command train_command_for(const Registries& registries, const TaskSpec& task) {
  return {.name = "train",
          .summary = "Trains a recurrent network and shows how far its gradient reaches.",
          .positionals = {{"TASK", fmt::format("what is learnt: {} (default {})",
                                               join(registries.tasks.names()), first_task)}},
          .options = train_options(registries, task)};
}

std::optional<std::string> text_of(const std::vector<Given>& values, const std::string& name) {
  const auto found = std::ranges::find(values, name, &Given::name);
  return found == values.end() ? std::nullopt : std::optional(found->text);
}

/// The task decides the other options' defaults, so it is learnt first.
std::optional<std::string> wanted_task(const Arguments& arguments, const std::vector<Given>& file) {
  if (arguments.positionals.front()) return arguments.positionals.front();
  if (const auto flag = arguments.text("task")) return flag;
  if (const char* variable = std::getenv("CAROUSEL_TASK")) return variable;
  return text_of(file, "task");
}

std::vector<Given> file_of(const Arguments& arguments) {
  const auto config = arguments.text("config");
  return config ? read_toml(*config) : std::vector<Given>{};
}

std::vector<Given> flags_of(const Arguments& arguments) {
  std::vector<Given> flags = arguments.given;
  if (const auto& task = arguments.positionals.front()) flags.push_back({"task", *task, "the task"});
  return flags;
}

/// "'run.toml' line 3: ..." for a key that no option has.
void check_keys(const std::vector<Given>& file, const std::vector<Option>& options) {
  for (const Given& given : file) {
    const Option* found = find_option(options, given.name);
    if (found == nullptr) {
      throw Error(fmt::format("unknown key {}{}", given.label, nearest_option(options, given.name, "")));
    }
    if (found->command_line_only) {
      throw Error(fmt::format("{}: this option belongs on the command line only", given.label));
    }
  }
}

std::vector<std::string> changeable(const OptionValues& values) {
  std::vector<std::string> names;
  for (const Option& option : values.all()) {
    if (option.may_change && option.name != "help") names.push_back("--" + option.name);
  }
  return names;
}

/// A resumed run keeps its options; only what does not touch the updates already made may be given anew.
/// Data may have moved; whether it is the same is checked elsewhere.
void check_unchanged(const OptionValues& saved, const std::vector<Given>& given, const RunFolder& run,
                     const nlohmann::json& data) {
  for (const Given& one : given) {
    const Option& option = saved.option(one.name);
    if (option.may_change || option.name == "resume" || option.name == "checkpoint") continue;
    if (is_data(data, option.name)) continue;
    if (!option.foreign && canonical(option, one.label, one.text) == option.value) continue;
    const std::string has =
        option.saved && !option.foreign ? fmt::format(", but the run has {}", option.value) : "";
    throw Error(
        fmt::format("{} is {}{}: with --resume the run {} keeps its options (only {} may change); leave it "
                    "out or start a new run",
                    one.label, one.text, has, run.path().string(), join(changeable(saved))));
  }
}

TrainRequest resume(const std::string& path, std::vector<Given> flags, const Registries& registries) {
  const RunFolder run = RunFolder::open(path);
  TrainRequest request = read_saved_request(run, registries);
  name_cells(flags, registries.cells);
  const auto data = kept_data(run);
  check_unchanged(request.values, flags, run, data);
  std::vector<Given> environment = environment_values(request.values.all());
  std::erase_if(environment,
                [&](const Given& given) { return !request.values.option(given.name).may_change; });
  request.values.apply(Layer::environment, environment);
  request.values.apply(Layer::flag, flags);
  find_same_data(data, request.values);
  choose_the_rest(request.values, registries);
  request.resumed = run;
  return request;
}

}  // namespace

namespace {

/// That share this machine's cores: of --processes, or as torchrun says.
unsigned processes_here(const OptionValues& values) {
  const char* said = std::getenv("LOCAL_WORLD_SIZE");
  const long here = said ? std::strtol(said, nullptr, 10) : values.integer("processes");
  return static_cast<unsigned>(std::clamp(here, 1L, 4'096L));
}

}  // namespace

void choose_the_rest(OptionValues& values, const Registries& registries) {
  // A default forget bias is meant for cells that can have one.
  const CellRegistry::Entry& cell = registries.cells.find(values.text("cell"));
  const bool keeps = cell.facts.keep_gate >= 0;
  if (!keeps && values.is_default("forget-bias")) values.choose("forget-bias", "none");
  if (!keeps && values.is_default("chrono-tmax")) values.choose("chrono-tmax", "none");
  // Nor is one for a recurrent matrix where there is none.
  const Recurrence recurrence = asked_recurrence(values).value_or(cell.facts.recurrence);
  if (recurrence.form == Recurrence::Form::none && values.is_default("init-recurrent"))
    values.choose("init-recurrent", "cell");
  if (values.is_set("threads")) return;
  // Handing a small step from thread to thread takes longer than computing it. The fused engine does not do
  // that: its threads run through all steps alone.
  const std::string engine = values.text("engine");
  const bool alone =
      (engine == "auto" || engine == "fused") && values.text("device") == "cpu" && cell.has_kernels;
  const bool small =
      !alone && values.integer("hidden") <= 128 && values.integer("batch") * values.integer("hidden") <= 8192;
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency() / processes_here(values));
  values.choose("threads", fmt::format("{}", small ? 1u : cores));
}

TrainRequest configured_request(const Arguments& arguments, const Registries& registries) {
  const auto file = file_of(arguments);
  const TaskSpec& task = registries.tasks.find(wanted_task(arguments, file).value_or(first_task));
  const std::vector<Option> options = train_options(registries, task);
  check_keys(file, options);
  OptionValues values(options);
  const auto apply = [&](Layer layer, std::vector<Given> given) {
    name_cells(given, registries.cells);
    values.apply(layer, given);
  };
  apply(Layer::file, file);
  apply(Layer::environment, environment_values(options));
  apply(Layer::flag, flags_of(arguments));
  values.choose("task", task.name);
  choose_the_rest(values, registries);
  return {&task, std::move(values), {}};
}

Command train_command(const Registries& registries) {
  return train_command_for(registries, registries.tasks.find(first_task));
}

std::optional<TrainRequest> read_train_request(const Words& words, const Registries& registries) {
  const auto arguments = parse_arguments(train_command(registries), words);
  const auto run = arguments.text("resume");
  if (run && arguments.text("config"))
    throw Error("--resume and --config exclude each other: a run goes on with its own config.toml");
  if (arguments.help()) {
    const auto wanted = wanted_task(arguments, file_of(arguments));
    print(help_text(train_command_for(registries, registries.tasks.find(wanted.value_or(first_task))),
                    !wanted));
    return {};
  }
  if (run) return resume(*run, flags_of(arguments), registries);
  if (const auto checkpoint = arguments.text("checkpoint")) {
    throw Error(
        fmt::format("--checkpoint is {}, but no run was named: carousel train --resume runs/NAME "
                    "--checkpoint {}",
                    *checkpoint, *checkpoint));
  }
  return configured_request(arguments, registries);
}

nlohmann::json kept_data(const RunFolder& run) {
  const nlohmann::json meta = read_json(run.meta());
  const bool kept = meta.is_object() && meta.contains("data") && are_data_facts(meta["data"]);
  return kept ? meta["data"] : nlohmann::json::object();
}

TrainRequest read_saved_request(const RunFolder& run, const Registries& registries) {
  const auto file = read_toml(run.config());
  const auto name = text_of(file, "task");
  if (!name) throw Error(fmt::format("'{}' names no task; restore the file", run.config().string()));
  const TaskSpec& task = registries.tasks.find(*name);
  OptionValues values(train_options(registries, task));
  check_keys(file, values.all());
  values.apply(Layer::file, file);
  return {&task, std::move(values), {}};
}

}  // namespace carousel::cli
