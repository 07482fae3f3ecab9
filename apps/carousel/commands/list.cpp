// carousel list

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "commands/commands.h"
#include "options/command_line.h"
#include "options/help.h"
#include "options/shared_options.h"
#include "options/train_options.h"
#include "runs/run_record.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

const std::vector<std::string> kinds{"tasks", "cells", "optimisers", "schedules"};

/// The options of a task that say something about it: its settings, and how long it is trained.
json defaults_of(const TaskSpec& task, const Registries& registries) {
  json defaults;
  for (const Option& option : train_options(registries, task)) {
    const bool of_task = option.group == "Task" && !option.foreign;
    const bool telling = option.name == "cell" || option.name == "hidden" || option.name == "train-for" ||
                         option.name == "optimiser" || option.name == "lr";
    if (of_task || telling) defaults[option.name] = option.value;
  }
  return defaults;
}

json task_json(const TaskSpec& task, const Registries& registries) {
  json entry{{"name", task.name},
             {"summary", task.summary},
             {"needs", task.needs},
             {"writes", static_cast<bool>(task.codec)},
             {"defaults", defaults_of(task, registries)}};
  if (!task.needs.empty()) return entry;  // its metric and baseline come with the data
  const auto made = task.make(Settings(task.settings), {});
  entry["metric"] = made->facts().metric;
  entry["baseline"] = made->facts().baseline;
  entry["baseline_text"] = made->facts().baseline_text;
  return entry;
}

std::vector<std::string> names_of(std::span<const char* const> names) {
  return {names.begin(), names.end()};
}

json cell_json(const CellRegistry::Entry& cell) {
  const auto& facts = cell.facts;
  json entry{{"name", std::string(facts.name)},
             {"summary", cell.summary},
             {"gates", names_of(facts.gates)},
             {"states", names_of(facts.states)},
             {"keep_gate", nullptr}};
  if (facts.keep_gate >= 0) entry["keep_gate"] = facts.gates[static_cast<std::size_t>(facts.keep_gate)];
  return entry;
}

json listing(const std::string& what, const Registries& registries) {
  json list = json::array();
  if (what == "tasks") {
    for (const auto& name : registries.tasks.names())
      list.push_back(task_json(registries.tasks.find(name), registries));
  } else if (what == "cells") {
    for (const auto& name : registries.cells.names()) list.push_back(cell_json(registries.cells.find(name)));
  } else if (what == "optimisers") {
    for (const auto& name : optimiser_names()) list.push_back({{"name", name}});
  } else if (what == "schedules") {
    for (const auto& name : schedule_names()) list.push_back({{"name", name}});
  } else {
    throw Error(did_you_mean("list", what, kinds));
  }
  return list;
}

std::string text_of(const json& entry) {
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    text += help_line(fmt::format("  {}", name), value);
  };
  const auto words = [](const json& list) { return join(list.get<std::vector<std::string>>()); };
  if (entry.contains("summary")) text += help_line(entry["name"], entry["summary"]);
  if (!entry.contains("summary")) text += fmt::format("  {}\n", entry["name"].get<std::string>());
  if (const auto needs = entry.value("needs", ""); !needs.empty()) line("needs", needs);
  if (entry.contains("metric")) line("metric", entry["metric"]);
  if (entry.contains("baseline")) {
    line("baseline", fmt::format("{:.4g}: {}", entry["baseline"].get<double>(),
                                 entry["baseline_text"].get<std::string>()));
  }
  if (entry.contains("gates")) line("gates", entry["gates"].empty() ? "none" : words(entry["gates"]));
  if (entry.contains("states")) line("states", words(entry["states"]));
  if (const auto keep = entry.find("keep_gate"); keep != entry.end() && !keep->is_null())
    line("keeps by", *keep);
  if (entry.contains("defaults")) {
    std::vector<std::string> parts;
    for (const auto& [name, value] : entry["defaults"].items()) {
      if (!value.get<std::string>().empty())
        parts.push_back(fmt::format("--{} {}", name, value.get<std::string>()));
    }
    line("defaults", join(parts, " "));
  }
  return text;
}

}  // namespace

Command list_command(const Registries&) {
  return {.name = "list",
          .summary = "Shows what there is to choose from.",
          .positionals = {{"WHAT", join(kinds)}},
          .options = {json_option("the list"), help_option()}};
}

int list(const Words& words, const Registries& registries) {
  const auto line = read_command_line(list_command(registries), words);
  if (!line) return 0;
  if (!line->arguments.positionals.front()) throw Error("say what to list: " + join(kinds));
  const json entries = listing(*line->arguments.positionals.front(), registries);
  std::string text;
  for (const json& entry : entries) text += text_of(entry);
  print(line->values.flag("json") ? json_text(entries) : text);
  return 0;
}

}  // namespace carousel::cli
