#include "compare/request.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "compare/compare.h"
#include "options/option_group.h"
#include "options/shared_options.h"
#include "options/train_options.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

constexpr const char* summary =
    "Computes the same here and in Python's PyTorch, from the same weights and data, and shows the "
    "differences.";

const std::vector<std::string> not_of_a_comparison{"name",           "runs-dir",
                                                   "overwrite",      "resume",
                                                   "dump-config",    "tensorboard",
                                                   "log-every",      "fail-on",
                                                   "live",           "quiet",
                                                   "json",           "help",
                                                   "device",         "patience",
                                                   "stop-at",        "checkpoint",
                                                   "keep",           "task",
                                                   "flow-every",     "record-always",
                                                   "validate-every", "validation-batches"};

bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

OptionGroup comparison_options() {
  OptionGroup g("Comparison");
  g.flag("all", false, "every cell that is built in, in float and double, as a table");
  g.integer("updates", 20, at_least(1), "updates of every training that is compared").shown_default =
      "20; 8 with --all";
  Option& optimisers = g.text("optimisers", "", "LIST", "optimisers to train with, such as sgd,adam, or all");
  optimisers.alias = "optimizers";
  optimisers.shown_default = "all under the configured schedule";
  g.text("schedules", "", "LIST", "schedules to train under, such as step,cosine, or all").shown_default =
      "all under the configured optimiser";
  g.text("python", "", "PROGRAM", "the Python that has torch").shown_default =
      "$CAROUSEL_PYTHON, or the one that LibTorch belongs to";
  g.add(output_option("HTML page that is written; one that is there is replaced")).shown_default =
      "compare.html in the run's folder; else none";
  g.flag("details", false,
         "print both sides' numbers too: every parameter's gradient, norms over the steps, losses over the "
         "updates");
  return g;
}

OptionGroup run_options() {
  OptionGroup g("Run");
  for (const Option& option : {checkpoint_option(), json_option("everything"), help_option()}) g.add(option);
  return g;
}

std::vector<Option> own_options() {
  return options_of({comparison_options(), run_options()});
}

bool is_own(const std::string& name) {
  return std::ranges::any_of(own_options(), [&](const Option& option) { return option.name == name; });
}

Command command_for(const Registries& registries, const TaskSpec& task) {
  std::vector<Option> options = comparison_options().options();
  for (Option option : train_options(registries, task)) {
    if (is_among(not_of_a_comparison, option.name)) continue;
    if (option.name == "threads") option.shown_default = "one thread on both sides";
    options.push_back(std::move(option));
  }
  for (Option& option : run_options().options()) options.push_back(std::move(option));
  return {.name = "compare",
          .summary = summary,
          .positionals = {{"RUN|TASK",
                           fmt::format("folder of a run, such as runs/adding-lstm-001: its weights and its "
                                       "configuration; or a task ({}; default {}) with weights from the seed",
                                       join(registries.tasks.names()), first_task)}},
          .options = std::move(options)};
}

/// The words of "a,b" or "all"; throws for one that is not known.
std::vector<std::string> listed(const OptionValues& asked, const std::string& option, const std::string& kind,
                                const std::vector<std::string>& known) {
  const std::string& text = asked.text(option);
  if (text == "all") return known;
  std::vector<std::string> names;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    if (!is_among(known, word)) throw Error(fmt::format("--{}: {}", option, did_you_mean(kind, word, known)));
    names.push_back(word);
  }
  return names;
}

/// With a run only what does not change the network may be given.
bool may_be_given_with_a_run(const Option& option) {
  return option.name == "threads" || !option.tasks.empty() || option.group == "Training" ||
         option.group == "Gradient";
}

CompareRequest of_run(const std::string& path, const std::vector<Given>& network, OptionValues asked,
                      const Registries& registries) {
  SavedRun run = open_saved_run(path, "compare", registries);
  for (const Given& given : network) {
    if (may_be_given_with_a_run(run.request.values.option(given.name))) continue;
    throw Error(fmt::format(
        "{} is {}, but the run {} has a network of its own: leave it out, or name the task '{}' in "
        "place of the run",
        given.label, given.text, path, run.request.task->name));
  }
  run.request.values.apply(Layer::flag, network);
  const auto weights = weights_file(run.folder, asked.text("checkpoint"));
  return {std::move(asked), std::move(run.request), run.memory, run.folder, weights};
}

void check_alone(const std::optional<std::string>& word, const std::vector<Given>& network) {
  if (word) throw Error(fmt::format("--all compares every cell by itself: leave out '{}'", *word));
  for (const Given& given : network) {
    if (given.name != "threads")
      throw Error(fmt::format("{} is {}, but --all has configurations of its own: leave it out", given.label,
                              given.text));
  }
}

CompareRequest of_all(const std::vector<Given>& network, OptionValues asked, const Registries& registries) {
  OptionValues values(train_options(registries, registries.tasks.find(first_task)));
  values.apply(Layer::flag, network);
  CompareRequest request{.asked = std::move(asked)};
  if (values.is_set("threads")) request.threads = values.integer("threads");
  return request;
}

}  // namespace

std::vector<std::string> CompareRequest::optimisers() const {
  return listed(asked, "optimisers", "optimiser", optimiser_names());
}

std::vector<std::string> CompareRequest::schedules() const {
  return listed(asked, "schedules", "schedule", schedule_names());
}

Command compare_command(const Registries& registries) {
  return command_for(registries, registries.tasks.find(first_task));
}

std::optional<CompareRequest> read_compare_request(const Words& words, const Registries& registries) {
  const Command any = compare_command(registries);
  const Arguments arguments = parse_arguments(any, words);
  const auto& word = arguments.positionals.front();
  const auto tasks = registries.tasks.names();
  const bool is_task = word && is_among(tasks, *word);
  if (arguments.help()) {
    print(help_text(is_task ? command_for(registries, registries.tasks.find(*word)) : any, !is_task));
    return {};
  }
  Arguments network{.given = {}, .positionals = {word}, .rest = {}};
  std::vector<Given> own;
  for (const Given& given : arguments.given) (is_own(given.name) ? own : network.given).push_back(given);
  OptionValues asked(own_options());
  asked.apply(Layer::flag, own);

  std::optional<CompareRequest> request;
  if (asked.flag("all")) {
    check_alone(word, network.given);
    request = of_all(network.given, std::move(asked), registries);
  } else if (word && !is_task) {
    const bool path = word->find('/') != std::string::npos || std::filesystem::exists(*word);
    if (!path && !nearest(*word, tasks).empty()) throw Error(did_you_mean("run or task", *word, tasks));
    request = of_run(*word, network.given, std::move(asked), registries);
  } else {
    if (!asked.is_default("checkpoint"))
      throw Error(fmt::format("--checkpoint is {}, but no run was named", asked.text("checkpoint")));
    request = CompareRequest{.asked = std::move(asked), .network = configured_request(network, registries)};
  }
  if (request->network && arguments.text("threads"))
    request->threads = request->network->values.integer("threads");
  request->optimisers(), request->schedules();  // refuses unknown names before anything is computed
  return request;
}

}  // namespace carousel::cli
