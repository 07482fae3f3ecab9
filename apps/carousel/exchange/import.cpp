// carousel import
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/text.h"

#include "exchange/exchange.h"
#include "exchange/import_request.h"
#include "exchange/misfit.h"
#include "terminal/output.h"
#include "train/training_run.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

std::string type_name(torch::Dtype type) {
  switch (type) {
    case torch::kDouble:
      return "float64";
    case torch::kHalf:
      return "float16";
    case torch::kBFloat16:
      return "bfloat16";
    default:
      return type == torch::kFloat ? "float32" : c10::toString(type);
  }
}

/// What was supplied, converted or assumed.
std::vector<std::string> notes_on(const ImportRequest& request, const Task& task) {
  const FoundModel& model = request.model;
  std::vector<std::string> notes = model.notes;
  const auto type = model.weights.begin()->second.scalar_type();
  const std::string wanted = request.run.values.text("dtype");
  if (type != (wanted == "double" ? torch::kDouble : torch::kFloat)) {
    notes.push_back(fmt::format("the weights are {} and were converted to {}{}", type_name(type), wanted,
                                type == torch::kDouble ? "; --dtype double keeps them" : ""));
  }
  if (!model.other_cells.empty()) {
    notes.push_back(fmt::format("weights of {} look the same: if it is one, give --cell {}",
                                join(model.other_cells, " and "), model.other_cells.front()));
  }
  if (model.outputs == 0) {
    notes.push_back(fmt::format("there is no head: one was drawn from seed {}, so the run must be trained",
                                request.run.values.text("seed")));
  }
  if (!task.alphabet().empty() && request.run.memory.alphabet.empty()) {
    notes.push_back(
        "tokens are taken to be the symbols of the data in the order of alphabet.json; give "
        "--alphabet when the model's are in another");
  }
  std::ranges::copy(assumptions(task), std::back_inserter(notes));
  return notes;
}

json origin_of(const ImportRequest& request, const std::vector<std::string>& notes) {
  json origin{{"file", request.file.string()}, {"format", request.format}, {"notes", notes}};
  origin["key"] = request.key.empty() ? json(nullptr) : json(request.key);
  origin["names"] = request.model.places;
  return origin;
}

std::string place_text(const FoundModel& model, const std::string& part) {
  const auto place = model.places.find(part);
  if (place == model.places.end()) return "none";
  return fmt::format("{}{}", place->second, part == "recurrent" ? "weight_ih_l0 ..." : "weight");
}

std::string text_of(const ImportRequest& request, const Task& task, const json& result,
                    const std::vector<std::string>& notes) {
  const FoundModel& model = request.model;
  const std::string run = result["run"];
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("{:<10}{}\n", name, value);
  };
  line("file", fmt::format("{}, {}", request.file.string(), request.format));
  line("cell",
       fmt::format("{}, {} x {} units{}{}, {} inputs; {}", model.cell, model.layers, model.hidden_size,
                   model.recurrence == Recurrence{} ? "" : ", recurrence " + model.recurrence.text(),
                   model.bidirectional ? ", both directions" : "", model.input_size,
                   place_text(model, "recurrent")));
  line("embedding", model.tokens == 0
                        ? "none"
                        : fmt::format("{} tokens; {}", model.tokens, place_text(model, "embedding")));
  line("head", model.outputs == 0 ? "none in the file"
                                  : fmt::format("{} outputs; {}", model.outputs, place_text(model, "head")));
  line("task", fmt::format("{}, measured by {}", task.facts().name, task.facts().metric));
  line("valid",
       fmt::format("loss {:.6g}, {} {:.6g}, baseline {:.4g}", result["best"]["loss"].get<double>(),
                   task.facts().metric, result["best"]["metric"].get<double>(), task.facts().baseline));
  line("run", run);
  for (const std::string& note : notes) line("note", note);
  return text +
         fmt::format("\ncarousel eval {0}\ncarousel flow {0}\ncarousel train --resume {0} --train-for {1}\n",
                     run, request.run.values.text("train-for"));
}

}  // namespace

int import_model(const Words& words, const Registries& registries) {
  const auto request = read_import_request(words, registries);
  if (!request) return 0;
  Words command{"carousel", "import"};
  command.insert(command.end(), words.begin(), words.end());
  TrainingRun run(request->run, registries, std::move(command));
  if (const std::string why = misfit(request->model, run.task()); !why.empty()) {
    throw Error(fmt::format("{} does not fit {}: {}", request->file.string(), request->run.task->name, why));
  }
  const auto notes = notes_on(*request, run.task());
  json result = run.adopt(request->model.weights, origin_of(*request, notes));
  result["imported"] = origin_of(*request, notes);
  print(request->json ? json_text(result) : text_of(*request, run.task(), result, notes));
  return 0;
}

}  // namespace carousel::cli
