// carousel export
#include <fmt/format.h>

#include "carousel/exchange/onnx_model.h"
#include "carousel/io/file.h"
#include "carousel/text.h"

#include "exchange/exchange.h"
#include "exchange/exported_file.h"
#include "exchange/onnx_content.h"
#include "options/command_line.h"
#include "options/option_group.h"
#include "options/shared_options.h"
#include "runs/run_record.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

/// Checkpoints of torch's own layers are those of the cell.
void use_own_cell(OptionValues& values) {
  const std::string cell = values.text("cell"), torchs = "torch-";
  if (cell.starts_with(torchs)) values.choose("cell", cell.substr(torchs.size()));
  values.choose("engine", "auto");
}

/// "float64 [T, B, 3]"
std::string text_of(const onnx::Value& value) {
  std::vector<std::string> sizes;
  for (const onnx::Dimension& size : value.shape) {
    const auto* number = std::get_if<std::int64_t>(&size);
    sizes.push_back(number != nullptr ? fmt::format("{}", *number) : std::get<std::string>(size));
  }
  const char* type = value.type == onnx::Type::int64     ? "int64"
                     : value.type == onnx::Type::float64 ? "float64"
                                                         : "float32";
  return fmt::format("{} [{}]", type, join(sizes));
}

json values_json(const std::vector<onnx::Value>& values) {
  json list = json::array();
  for (const onnx::Value& value : values) list.push_back({{"name", value.name}, {"holds", text_of(value)}});
  return list;
}

/// Writes the file; returns what is said of it.
json write(const ExportRequest& request, const SavedRun& run, SequenceModel& model, const TaskFacts& task) {
  auto metadata = description(model, task, std::string(model.recurrent().facts().name));
  json said{{"format", request.format}, {"part", request.part}, {"file", request.file.string()}};
  if (request.format == "onnx") {
    const onnx::Model content = onnx_content(run, model, task, request.onnx, std::move(metadata));
    said["inputs"] = values_json(content.graph.inputs);
    said["outputs"] = values_json(content.graph.outputs);
    if (content.metadata.contains("columns")) said["table"] = true;
    write_file_atomically(request.file, onnx::to_bytes(content));
    said["operator"] = onnx_operator(model.recurrent());
    const bool wide = state_dict(model).at("head.weight").scalar_type() == torch::kDouble;
    if (wide) said["notes"].push_back("the weights are double and were written as float");
  } else {
    const TensorMap tensors = part_of(model, request.part);
    if (request.format == "pt") {
      save_torch_file(request.file, tensors);
    } else {
      save_tensors(request.file, tensors, metadata);
    }
    said["tensors"] = tensors.size();
  }
  std::error_code no_file;  // a device has no size
  const auto bytes = std::filesystem::file_size(request.file, no_file);
  said["bytes"] = no_file ? 0 : bytes;
  return said;
}

std::string text_of(const json& said, const std::string& python) {
  const std::string what = said.contains("tensors")
                               ? fmt::format("{} tensors", said["tensors"].get<std::size_t>())
                               : fmt::format("operator {}, operator set {}",
                                             said["operator"].get<std::string>(), onnx::operator_set);
  std::string text = fmt::format("wrote    {}\nformat   {}, {}, {} bytes\nweights  {}\n",
                                 said["file"].get<std::string>(), said["format"].get<std::string>(), what,
                                 said["bytes"].get<std::uintmax_t>(), said["weights"].get<std::string>());
  for (const json& note : said.value("notes", json::array()))
    text += fmt::format("note     {}\n", note.get<std::string>());
  return text + "\nIn Python:\n\n" + python;
}

}  // namespace

Command export_command(const Registries&) {
  OptionGroup file("File"), onnx("ONNX"), run("Run");
  file.add(output_option("file that is written, or the folder for it")).shown_default =
      "RUN.FORMAT in this folder";
  Option& format = file.choice("format", "", export_formats(), "format of the file");
  format.value = format.unset = "auto";
  format.shown_default = "as the ending of --output says, else safetensors";
  file.choice("part", "model", export_parts(),
              "the whole model, or one part of it under the names that torch's own module has");
  file.flag("overwrite", false, "replace a file that is there");
  onnx.flag("states", false, "the cell's states go in and come out, to run a sequence in pieces");
  onnx.flag("lengths", false, "an input with the length of each sequence, in steps");
  onnx.flag("resets", false, "an input that marks the steps before which a sequence begins anew");
  for (const Option& option : {checkpoint_option(), json_option("what was written"), help_option()})
    run.add(option);
  return {.name = "export",
          .summary = "Writes a trained run's weights as a file that Python or onnxruntime reads.",
          .positionals = {{"RUN", "folder of the run, such as runs/adding-lstm-001"}},
          .options = options_of({file, onnx, run})};
}

int export_run(const Words& words, const Registries& registries) {
  const auto line = read_command_line(export_command(registries), words);
  if (!line) return 0;
  const OptionValues& asked = line->values;
  SavedRun run = open_saved_run(line->arguments.positionals.front(), "export", registries);
  const ExportRequest request = export_request(asked, run.folder);
  use_own_cell(run.request.values);
  const auto weights = weights_file(run.folder, asked.text("checkpoint"));
  const TaskFacts task = read_task_facts(run.folder);
  const auto model = load_model(task, run.request.values, weights, registries.cells);
  json said = write(request, run, *model, task);
  said["weights"] = weights.string();
  print(asked.flag("json")
            ? json_text(said)
            : text_of(said, request.format == "onnx" ? onnx_lines(request, said)
                                                     : python_lines(request, *model, task, run.folder)));
  return 0;
}

}  // namespace carousel::cli
