#include "compare/all_cells.h"

#include <utility>

#include <fmt/format.h>

#include "options/train_options.h"

namespace carousel::cli {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

TrainRequest request_of(const Registries& registries, const std::string& task, const Options& options) {
  const TaskSpec& spec = registries.tasks.find(task);
  OptionValues values(train_options(registries, spec));
  std::vector<Given> given;
  for (const auto& [name, text] : options) given.push_back({name, text, "--" + name});
  values.apply(Layer::flag, given);
  choose_the_rest(values, registries);
  return {&spec, std::move(values), {}};
}

void add(std::vector<NamedNetwork>& networks, const Registries& registries, const std::string& name,
         const std::string& task, Options options) {
  for (const char* dtype : {"float", "double"}) {
    Options with_type = options;
    with_type.emplace_back("dtype", dtype);
    networks.push_back({name, request_of(registries, task, with_type)});
  }
}

}  // namespace

std::vector<NamedNetwork> all_networks(const Registries& registries) {
  const Options adding{{"length", "30"}, {"batch", "16"},      {"hidden", "32"},
                       {"layers", "2"},  {"clip-norm", "0.5"}, {"lr", "1e-3"}};
  const Options tokens{
      {"embedding", "5"}, {"hidden", "16"}, {"layers", "2"}, {"clip-norm", "0.5"}, {"lr", "1e-3"}};
  const auto with = [](Options options, const Options& more) {
    options.insert(options.end(), more.begin(), more.end());
    return options;
  };
  std::vector<NamedNetwork> networks;
  for (const std::string& cell : registries.cells.names()) {
    if (!cell.starts_with("torch-"))
      add(networks, registries, cell, "adding", with(adding, {{"cell", cell}}));
  }
  for (const char* cell : {"lstm", "gru", "rnn", "relu-rnn"})
    add(networks, registries, std::string(cell) + ", bidirectional", "adding",
        with(adding, {{"cell", cell}, {"bidirectional", "true"}}));
  add(networks, registries, "lstm, learned start", "adding",
      with(adding, {{"cell", "lstm"}, {"learn-start", "true"}}));
  for (const auto& [cell, recurrence] :
       {std::pair{"slstm", "heads:4"}, {"gru", "diagonal"}, {"cifg-lstm", "none"}})
    add(networks, registries, fmt::format("{}, recurrence {}", cell, recurrence), "adding",
        with(adding, {{"cell", cell}, {"recurrence", recurrence}}));
  for (const auto& [cell, noise] : std::initializer_list<std::pair<const char*, Options>>{
           {"lstm", {{"drop-hidden", "0.3"}, {"drop-update", "0.2"}, {"zoneout", "h=0.1,c=0.3"}}},
           {"gru", {{"drop-input", "0.2"}, {"drop-weights", "0.4"}, {"zoneout", "0.2"}}}})
    add(networks, registries, std::string(cell) + ", noise", "adding",
        with(with(adding, {{"cell", cell}}), noise));
  for (const char* cell : {"lstm", "slstm"})
    add(networks, registries, std::string(cell) + ", resets", "continual-reber",
        with(tokens, {{"cell", cell}, {"told", "true"}, {"batch", "4"}}));
  for (const char* cell : {"lstm", "gru", "peephole-lstm"})
    add(networks, registries, std::string(cell) + ", lengths", "reber", with(tokens, {{"cell", cell}}));
  return networks;
}

}  // namespace carousel::cli
