// carousel flow
#include "flow/flow.h"

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/flow/analysis_page.h"
#include "carousel/io/file.h"
#include "carousel/model/sequence_model.h"
#include "carousel/recurrent/initialise.h"
#include "carousel/train/task.h"

#include "flow/request.h"
#include "runs/experiment.h"
#include "runs/run_record.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

struct Data {
  std::string split;
  Batch batch;
};

/// The first batch of the wanted split; without a wish, of the training data where nothing is kept apart.
Data first_batch(const Task& task, const OptionValues& asked) {
  const std::string wanted = asked.text("split");
  if (wanted == "train") return {wanted, task.batch(Split::train, 0)};
  const Split split = wanted == "test" ? Split::test : Split::valid;
  if (task.batches(split) > 0) return {wanted, task.batch(split, 0)};
  if (asked.is_default("split")) return {"train", task.batch(Split::train, 0)};
  throw Error(fmt::format("{} has no {} data here; try another --split", task.facts().name, wanted));
}

/// The recurrent module of a model on a batch, with the task's loss behind the model's head.
Analysis analyse_model(const Task& task, SequenceModel& model, const Batch& data, std::int64_t steps) {
  model.to(torch::kCPU, torch::kDouble);
  model.eval();
  const Batch batch = data.to(torch::kCPU, torch::kDouble);
  const Packing packing(batch.steps(), batch.sequences(), batch.lengths);
  PackedBatch rows = model.read(batch, packing);
  rows.data = rows.data.detach();
  const auto loss = [&](const torch::Tensor& output) {
    return task.loss(model.answer(output, packing, batch), batch);
  };
  return analyse(model.recurrent(), {std::move(rows), {}, loss}, {.steps = steps});
}

/// The weights before training, drawn as the trainer's were.
std::shared_ptr<SequenceModel> untrained_model(const Task& task, const OptionValues& values,
                                               const CellRegistry& cells) {
  auto model = make_model(task.facts(), values, cells);
  initialise(model->recurrent(), init_options(values));
  return model;
}

json result_json(const FlowRequest& request, const std::string& split, const AnalysisPair& pair) {
  const Analysis& any = pair.trained ? *pair.trained : *pair.initial;
  const auto of = [](const std::optional<Analysis>& analysis) {
    return analysis ? analysis->to_json() : json();
  };
  return {{"run", request.run ? json(request.run->path().string()) : json()},
          {"checkpoint", request.run ? json(request.weights.string()) : json()},
          {"task", request.network.task->name},
          {"split", split},
          {"cell", request.network.values.text("cell")},
          {"states", any.states},
          {"gates", any.gates},
          {"keep_gate", any.keep_gate.empty() ? json() : json(any.keep_gate)},
          {"steps", any.steps},
          {"sequences", any.sequences},
          {"trained", of(pair.trained)},
          {"initial", of(pair.initial)}};
}

/// The figures were asked for; where they cannot be kept, that is said.
void keep_figures(const std::filesystem::path& file, const json& result) try {
  write_file_atomically(file, result.dump() + "\n");
} catch (const std::runtime_error& failure) {
  fmt::print(stderr, "carousel: the figures are only printed: {}\n", failure.what());
}

std::string title_of(const FlowRequest& request, const std::string& split, const AnalysisPair& pair) {
  const OptionValues& values = request.network.values;
  const Analysis& any = pair.trained ? *pair.trained : *pair.initial;
  const std::string what = fmt::format("{} with {}, {} x {} units, on {} sequences of {} steps ({})",
                                       request.network.task->name, values.text("cell"), values.text("layers"),
                                       values.text("hidden"), any.sequences, any.steps, split);
  if (!request.run) return "untrained: " + what;
  return fmt::format("{}: {}\nweights   {}; start: those before training, rebuilt from seed {}",
                     request.run->path().string(), what, request.weights.string(), values.text("seed"));
}

}  // namespace

int flow(const Words& words, const Registries& registries) {
  auto request = read_flow_request(words, registries);
  if (!request) return 0;
  OptionValues& values = request->network.values;
  values.choose("batch", request->asked.text("sequences"));
  use_threads(values.integer("threads"));
  const auto task = make_task(*request->network.task, values, request->memory);
  const auto [split, batch] = first_batch(*task, request->asked);
  const auto analysed = [&, &split_batch = batch](const std::shared_ptr<SequenceModel>& model) {
    return analyse_model(*task, *model, split_batch, request->asked.integer("steps"));
  };

  AnalysisPair pair;
  if (request->run)
    pair.trained = analysed(load_model(task->facts(), values, request->weights, registries.cells));
  pair.initial = analysed(untrained_model(*task, values, registries.cells));

  const json result = result_json(*request, split, pair);
  if (request->run) keep_figures(request->run->flow() / "analysis.json", result);
  print(request->asked.flag("json") ? result.dump() + "\n"
                                    : analysis_page(title_of(*request, split, pair), pair));
  return 0;
}

}  // namespace carousel::cli
