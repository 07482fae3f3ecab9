#include "exchange/exported_file.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "carousel/error.h"
#include "carousel/text.h"
#include "carousel/version.h"

#include "options/shared_options.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;

std::string format_of(const OptionValues& asked) {
  if (asked.is_set("format")) return asked.text("format");
  const auto& formats = export_formats();
  std::string ending = fs::path(asked.text("output")).extension().string();
  if (ending == ".pth") ending = ".pt";
  const auto found = std::ranges::find(formats, ending.empty() ? ending : ending.substr(1));
  if (found != formats.end()) return *found;
  if (ending.empty()) return formats.front();
  throw Error(fmt::format("--output is '{}', whose ending names no format: give --format {}",
                          asked.text("output"), join(formats, " or ")));
}

/// The sizes as a call's arguments: "2, 64, num_layers=2".
std::string arguments_of(const RecurrentOptions& options) {
  std::string text = fmt::format("{}, {}", options.input_size(), options.hidden_size());
  if (options.num_layers() > 1) text += fmt::format(", num_layers={}", options.num_layers());
  if (options.bidirectional()) text += ", bidirectional=True";
  if (options.learn_start()) text += ", learn_start=True";
  if (*options.recurrence() != Recurrence{})
    text += fmt::format(", recurrence=\"{}\"", options.recurrence()->text());
  if (options.noise().zones())  // which evaluation sees
    text += fmt::format(", noise={{\"zoneout\": {}}}", options.noise().zoneout);
  return text;
}

/// The module of the same cell in Python, or "" where only ours has it.
std::string module_line(const RecurrentBase& recurrent) {
  const std::string cell(recurrent.facts().name), arguments = arguments_of(recurrent.options);
  const std::string ours = fmt::format("carousel_torch.recurrent(\"{}\", {})", cell, arguments);
  const RecurrentOptions& options = recurrent.options;
  if (options.learn_start() || options.noise().zones() || *options.recurrence() != Recurrence{}) return ours;
  if (cell == "lstm") return fmt::format("torch.nn.LSTM({})", arguments);
  if (cell == "gru") return fmt::format("torch.nn.GRU({})", arguments);
  if (cell == "rnn") return fmt::format("torch.nn.RNN({})", arguments);
  if (cell == "relu-rnn" || cell == "irnn")
    return fmt::format("torch.nn.RNN({}, nonlinearity=\"relu\")", arguments);
  return ours;
}

/// The embedding in Python: of tokens, or a list of those of a table's categories.
std::string embedding_line(const TaskFacts& task, const RecurrentOptions& options) {
  if (task.embedded.empty())
    return fmt::format("torch.nn.Embedding({}, {})", task.input_size, options.input_size());
  std::vector<std::string> lookups;
  for (const auto& columns : task.embedded)
    lookups.push_back(fmt::format("torch.nn.Embedding({}, {})", columns.count, columns.size));
  return fmt::format("torch.nn.ModuleList([{}])", join(lookups));
}

std::string loading(const ExportRequest& request) {
  const std::string file = request.file.string();
  if (request.format == "pt") return fmt::format("import torch\nweights = torch.load(\"{}\")\n", file);
  return fmt::format("import torch\nfrom safetensors.torch import load_file\nweights = load_file(\"{}\")\n",
                     file);
}

}  // namespace

const std::vector<std::string>& export_formats() {
  static const std::vector<std::string> names{"safetensors", "pt", "onnx"};
  return names;
}

const std::vector<std::string>& export_parts() {
  static const std::vector<std::string> names{"model", "recurrent", "head", "embedding"};
  return names;
}

ExportRequest export_request(const OptionValues& asked, const RunFolder& run) {
  ExportRequest request{.format = format_of(asked), .part = asked.text("part")};
  request.overwrite = asked.flag("overwrite");
  request.onnx = {
      .states = asked.flag("states"), .lengths = asked.flag("lengths"), .resets = asked.flag("resets")};
  const bool whole = request.part == "model";
  if (request.format == "onnx" && !whole) {
    throw Error(
        fmt::format("--part is {}, but an ONNX file holds a model that runs: leave --part out, or "
                    "give --format safetensors or pt",
                    request.part));
  }
  for (const char* shape : {"states", "lengths", "resets"}) {
    if (request.format == "onnx" || !asked.flag(shape)) continue;
    throw Error(fmt::format("--{} shapes a graph that runs, and {} holds weights alone: give --format onnx",
                            shape, request.format));
  }
  const std::string stem = whole ? run.name() : fmt::format("{}-{}", run.name(), request.part);
  request.file = output_file(asked, fmt::format("{}.{}", stem, request.format));
  if (fs::is_regular_file(request.file) && !request.overwrite) {
    throw Error(
        fmt::format("'{}' is there already: give --overwrite, or another --output", request.file.string()));
  }
  return request;
}

TensorMap part_of(const torch::nn::Module& model, const std::string& part) {
  const TensorMap all = state_dict(model);
  if (part == "model") return all;
  TensorMap found;
  for (const auto& [name, tensor] : all) {
    if (name.starts_with(part + ".")) found.emplace(name.substr(part.size() + 1), tensor);
  }
  if (found.empty())
    throw Error(fmt::format("--part is {}, but the model has none: its input is one-hot", part));
  return found;
}

std::map<std::string, std::string> description(SequenceModel& model, const TaskFacts& task,
                                               const std::string& cell) {
  const RecurrentOptions& options = model.recurrent().options;
  const auto number = [](std::int64_t n) { return fmt::format("{}", n); };
  std::map<std::string, std::string> texts{{"format", "pt"},  // what the safetensors package looks for
                                           {"carousel", CAROUSEL_VERSION},
                                           {"cell", cell},
                                           {"input_size", number(options.input_size())},
                                           {"hidden_size", number(options.hidden_size())},
                                           {"num_layers", number(options.num_layers())},
                                           {"recurrence", options.recurrence()->text()},
                                           {"bidirectional", options.bidirectional() ? "true" : "false"},
                                           {"task", task.name},
                                           {"task_input", task.tokens ? "tokens" : "features"},
                                           {"task_input_size", number(task.input_size)},
                                           {"task_output_size", number(task.output_size)},
                                           {"task_every_step", task.every_step ? "true" : "false"}};
  return texts;
}

std::string onnx_lines(const ExportRequest& request, const nlohmann::json& said) {
  std::vector<std::string> fed, found;
  std::string notes;
  for (const auto& input : said["inputs"]) {
    const std::string name = input["name"];
    fed.push_back(fmt::format("\"{0}\": {0}", name));
    notes += fmt::format("# {}: {}\n", name, input["holds"].get<std::string>());
  }
  for (const auto& output : said["outputs"]) found.push_back(output["name"]);
  if (said.value("table", false))
    notes += "# what they hold, in order: session.get_modelmeta().custom_metadata_map[\"columns\"]\n";
  return fmt::format(
      "import onnxruntime\nsession = onnxruntime.InferenceSession(\"{}\")\n{}{} = session.run(None, "
      "{{{}}})\n{}",
      request.file.string(), join(found), found.size() == 1 ? "," : "", join(fed), notes);
}

std::string python_lines(const ExportRequest& request, SequenceModel& model, const TaskFacts& task,
                         const RunFolder& run) {
  const RecurrentBase& recurrent = model.recurrent();
  const std::string load = loading(request), module = module_line(recurrent);
  const std::string ours = module.starts_with("carousel_torch")
                               ? "import carousel_torch   # the folder apps/python/carousel_torch\n"
                               : "";
  if (request.part == "model") {
    return ours + load + fmt::format("module = {}\n", module) +
           "module.load_state_dict({name.removeprefix(\"recurrent.\"): weight for name, weight in "
           "weights.items()"
           " if name.startswith(\"recurrent.\")})\n" +
           fmt::format("# with embedding and head: carousel_torch.load(\"{}\")\n", run.path().string());
  }
  if (request.part == "recurrent")
    return ours + load + fmt::format("module = {}\nmodule.load_state_dict(weights)\n", module);
  const std::int64_t width = recurrent.options.directions() * recurrent.options.hidden_size();
  const std::string layer = request.part == "head"
                                ? fmt::format("torch.nn.Linear({}, {})", width, task.output_size)
                                : embedding_line(task, recurrent.options);
  return load + fmt::format("module = {}\nmodule.load_state_dict(weights)\n", layer);
}

}  // namespace carousel::cli
