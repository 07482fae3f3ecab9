#include "sweep/request.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "options/nearest_option.h"
#include "runs/learned_cells.h"
#include "sweep/sweep_options.h"
#include "sweep/variant.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

/// What given options mean, the higher layer last.
using Layers = std::vector<std::vector<GivenTexts>>;

std::vector<GivenTexts> as_texts(const std::vector<Given>& given) {
  std::vector<GivenTexts> texts;
  for (const Given& one : given) texts.push_back({one.name, {one.text}, false, one.label});
  return texts;
}

/// Those of a layer that are, or are not, this command's own.
std::vector<GivenTexts> chosen_of(const std::vector<GivenTexts>& given, bool own) {
  static const std::vector<Option> table = own_sweep_options();
  std::vector<GivenTexts> chosen;
  std::ranges::copy_if(given, std::back_inserter(chosen), [&](const GivenTexts& one) {
    return one.name != "task" && (find_option(table, one.name) != nullptr) == own;
  });
  return chosen;
}

OptionValues own_values(const Layers& layers) {
  OptionValues values(own_sweep_options());
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
  std::vector<std::string> refused = names_of_one_run();
  refused.insert(refused.end(), {"seed", variant_name});
  std::vector<SweptOption> swept;
  for (const Option& option : table) {
    const auto found = given.find(option.name);
    if (found == given.end() || find_option(table, option.name) != &option) continue;
    swept.push_back(option.name == variant_name ? swept_variants(found->second, table, refused, cells)
                                                : swept_option(option, found->second, cells));
  }
  check_variants(swept);
  return swept;
}

/// The cells that a file or a variant names, which the words of the command line cannot tell.
void learn_cells_of(const std::vector<GivenTexts>& given, Registries& registries) {
  const auto learn = [&](const std::string& text) { learn_cells({"--cell", text}, registries); };
  for (const GivenTexts& one : given) {
    for (const std::string& text : one.texts) {
      if (one.name == "cell") learn(text);
      if (one.name != variant_name) continue;
      for (const std::string& variant : one.array ? std::vector{text} : sweep_parts(text, one.label)) {
        for (const Given& own : variant_options(variant, one.label)) {
          if (own.name == "cell") learn(own.text);
        }
      }
    }
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
                       .options = swept_options(layers, swept_table(registries, task), registries.cells),
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
  return sweep_command_for(registries, registries.tasks.find(first_task));
}

std::optional<SweepRequest> read_sweep_request(const Words& words, Registries& registries) {
  const Arguments arguments = parse_arguments(sweep_command(registries), words);
  const auto config = arguments.text("config");
  const auto file = config ? read_toml_lists(*config) : std::vector<GivenTexts>{};
  if (!arguments.help()) {
    learn_cells_of(file, registries);
    learn_cells_of(as_texts(arguments.given), registries);
  }
  const TaskSpec& task = wanted_task_of(arguments, file, registries);
  if (arguments.help()) {
    print(help_text(sweep_command_for(registries, task), !arguments.positionals.front()));
    return {};
  }
  const auto environment = environment_values(sweep_command_for(registries, task).options);
  return request_of(task, {file, as_texts(environment), as_texts(arguments.given)}, registries);
}

SweepRequest read_sweep_file(const std::filesystem::path& file, const Registries& registries) {
  const auto given = read_toml_lists(file);
  return request_of(registries.tasks.find(task_of(given).value_or(first_task)), {given}, registries);
}

std::vector<Given> given_to_run(const SweepRequest& request, const std::vector<Given>& values) {
  std::vector<Given> given = values;
  for (const SweptOption& option : request.options) {
    if (std::ranges::find(values, option.name, &Given::name) != values.end()) continue;
    const std::string first = option.drawn ? number_text(option.drawn->low) : option.values.front().given;
    given.push_back({option.name, first, option.label});
  }
  return without_variants(std::move(given));
}

TrainRequest train_request(const SweepRequest& request, const std::vector<Given>& values,
                           const Registries& registries) {
  return configured_request(
      {.given = given_to_run(request, values), .positionals = {request.task->name}, .rest = {}}, registries);
}

}  // namespace carousel::cli
