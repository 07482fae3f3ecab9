#include "exchange/import_request.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/safetensors.h"
#include "carousel/io/torch_file.h"
#include "carousel/text.h"

#include "exchange/exchange.h"
#include "exchange/misfit.h"
#include "options/arguments.h"
#include "options/option_group.h"
#include "options/train_options.h"
#include "runs/experiment.h"
#include "runs/learned_cells.h"
#include "runs/run_record.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;

std::vector<Option> own_options() {
  OptionGroup g("File");
  g.text("key", "", "KEY", "where the state dict is in a file that holds more, such as model").shown_default =
      "found by itself";
  g.text("alphabet", "", "FILE",
         "JSON list of the symbols in the order of the model's tokens, for tasks over text")
      .shown_default = "the symbols of the data in ascending order";
  g.integer("hidden", 0, from_to(1, 65'536),
            "units of each layer, where shapes fit several cells (no recurrence, or a diagonal)")
      .shown_default = "found from the weights";
  return g.options();
}

bool is_own(const Option& option) {
  const auto own = own_options();
  return std::ranges::find(own, option.name, &Option::name) != own.end();
}

/// The file says what the network is; and an import does not train.
bool is_decided(const Option& option) {
  constexpr std::array names{"hidden",     "layers",  "bidirectional", "learn-start", "embedding",
                             "recurrence", "task",    "resume",        "config",      "live",
                             "checkpoint", "fail-on", "log-every",     "dump-config"};
  return std::ranges::find(names, option.name) != names.end();
}

Command command_for(const Registries& registries, const TaskSpec& task) {
  std::vector<Option> options = own_options();
  for (Option option : train_options(registries, task)) {
    if (is_decided(option)) continue;
    if (option.name == "cell") option.shown_default = "found from the weights";
    if (option.name == "relative") option.shown_default = "none: the model says the value itself";
    options.push_back(std::move(option));
  }
  return {
      .name = "import",
      .summary = "Makes a run of a model that was trained in Python, to evaluate, analyse and train it on.",
      .positionals = {{"FILE", "weights: a safetensors file, or what torch.save wrote"},
                      {"TASK", fmt::format("what the model was trained for: {}; left out, the generated "
                                           "task whose sizes fit",
                                           join(registries.tasks.names()))}},
      .options = std::move(options)};
}

std::string format_of(const fs::path& file) {
  std::error_code none;
  const fs::file_status status = fs::status(file, none);
  if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status)) {
    throw Error(
        fmt::format("'{}' is a pipe or a device, and weights are read more than once: save them as a file",
                    file.string()));
  }
  std::array<char, 64> begin{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(begin.data(), begin.size());
  const auto count = static_cast<std::size_t>(stream.gcount());
  return is_torch_file({begin.data(), count}) ? "pt" : "safetensors";
}

/// The cell's name: given, or noted in a file that carousel export wrote.
std::string known_cell(const ImportRequest& request, const std::optional<std::string>& given,
                       const CellRegistry& cells) {
  if (given) return *given;
  if (request.format != "safetensors") return "";
  const auto metadata = read_safetensors(request.file).metadata();
  const auto noted = metadata.find("cell");
  const auto names = cells.names();
  const bool known = noted != metadata.end() && std::ranges::find(names, noted->second) != names.end();
  return known ? noted->second : "";
}

OptionValues values_for(const TaskSpec& task, const FoundModel& model, const std::vector<Given>& given,
                        const Registries& registries) {
  const auto options = train_options(registries, task);
  OptionValues values(options);
  values.choose("task", task.name);
  std::vector<Given> environment = environment_values(options);
  std::erase_if(environment, [&](const Given& one) { return is_decided(values.option(one.name)); });
  values.apply(Layer::environment, environment);
  values.apply(Layer::flag, given);
  values.choose("cell", model.cell);
  values.choose("hidden", fmt::format("{}", model.hidden_size));
  const bool own = model.recurrence == registries.cells.find(model.cell).facts.recurrence;
  values.choose("recurrence", own ? "cell" : model.recurrence.text());
  values.choose("layers", fmt::format("{}", model.layers));
  values.choose("bidirectional", model.bidirectional ? "true" : "false");
  values.choose("learn-start", model.learn_start ? "true" : "false");
  values.choose("embedding", fmt::format("{}", model.tokens > 0 ? model.input_size : 0));
  // The weights are not drawn, so nothing acts on them.
  if (values.is_default("forget-bias")) values.choose("forget-bias", "none");
  if (values.is_default("chrono-tmax")) values.choose("chrono-tmax", "none");
  // A model from elsewhere says the value itself and adds nothing to it.
  const auto is_relative = [](const Setting& setting) { return setting.name == "relative"; };
  if (std::ranges::any_of(task.settings, is_relative) && values.is_default("relative"))
    values.choose("relative", "none");
  choose_the_rest(values, registries);
  return values;
}

bool takes(const TaskSpec& task, const std::vector<Given>& given, const std::vector<Option>& options) {
  return std::ranges::all_of(given, [&](const Given& one) {
    const Option* option = find_option(options, one.name);
    return option == nullptr || option->tasks.empty() ||
           std::ranges::find(option->tasks, task.name) != option->tasks.end();
  });
}

std::string sizes_text(const FoundModel& model) {
  const std::string input = model.tokens > 0 ? fmt::format("{} tokens", model.tokens)
                                             : fmt::format("{} inputs a step", model.input_size);
  return model.outputs > 0 ? fmt::format("{} and {} outputs", input, model.outputs) : input;
}

/// The one generated task that the sizes fit.
const TaskSpec& guess_task(const FoundModel& model, const std::vector<Given>& given,
                           const Registries& registries) {
  std::vector<std::string> fitting;
  const auto options = train_options(registries, registries.tasks.find(first_task));
  for (const std::string& name : registries.tasks.names()) {
    const TaskSpec& spec = registries.tasks.find(name);
    if (!spec.needs.empty() || !takes(spec, given, options)) continue;
    const auto task = make_task(spec, values_for(spec, model, given, registries));
    if (misfit(model, *task).empty()) fitting.push_back(name);
  }
  if (fitting.size() == 1) return registries.tasks.find(fitting.front());
  const std::string found = fmt::format("the model has {}, which ", sizes_text(model));
  if (fitting.empty()) {
    throw Error(fmt::format("{}no generated task has: name the task it was trained for, with its file: {}",
                            found, join(registries.tasks.names())));
  }
  throw Error(fmt::format("{}fits several tasks: name the one it was trained for: {}", found, join(fitting)));
}

void read_the_alphabet(const OptionValues& asked, ImportRequest& request) {
  const std::string& file = asked.text("alphabet");
  if (file.empty()) return;
  if (!request.run.task->codec) {
    throw Error(
        fmt::format("--alphabet is {}, but {} has no symbols: leave it out", file, request.run.task->name));
  }
  request.run.memory.alphabet = read_alphabet_file(file);
}

}  // namespace

Command import_command(const Registries& registries) {
  return command_for(registries, registries.tasks.find(first_task));
}

std::optional<ImportRequest> read_import_request(const Words& words, const Registries& registries) {
  const TaskSpec& first = registries.tasks.find(first_task);
  Arguments arguments = parse_arguments(import_command(registries), words);
  name_cells(arguments.given, registries.cells);
  const auto &file = arguments.positionals[0], &named = arguments.positionals[1];
  if (arguments.help()) {
    const TaskSpec& task = named ? registries.tasks.find(*named) : first;
    print(help_text(command_for(registries, task), !named));
    return {};
  }
  if (!file) throw Error("carousel import needs a file: carousel import model.pt TASK");
  OptionValues asked(own_options());
  std::vector<Given> own, given;
  for (const Given& one : arguments.given) {
    (is_own({.name = one.name}) ? own : given).push_back(one);
  }
  asked.apply(Layer::flag, own);
  if (named) registries.tasks.find(*named);

  ImportRequest request{.file = *file, .key = asked.text("key"), .format = format_of(*file)};
  request.json = arguments.text("json") == "true";
  request.model =
      find_model(load_tensors(request.file, request.key), registries.cells, request.file.string(),
                 known_cell(request, arguments.text("cell"), registries.cells), asked.integer("hidden"));
  const TaskSpec& task = named ? registries.tasks.find(*named) : guess_task(request.model, given, registries);
  request.run = {&task, OptionValues(values_for(task, request.model, given, registries))};
  read_the_alphabet(asked, request);
  return request;
}

}  // namespace carousel::cli
