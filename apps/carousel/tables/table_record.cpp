#include "tables/table_record.h"

#include <optional>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/io/json_text.h"
#include "carousel/model/sequence_model.h"
#include "carousel/text.h"
#include "carousel/torch.h"
#include "carousel/train/evaluate.h"

#include "runs/experiment.h"
#include "runs/run_data.h"
#include "runs/run_record.h"
#include "runs/saved_run.h"
#include "tables/answer_figures.h"
#include "tables/inputs.h"

namespace carousel::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int form_of_figures = 1;
// Multiplications and additions; a core does some 1e10 of them a second.
constexpr double for_answers = 2e11, for_importance = 1e11, for_reach = 4e10;

/// What figures are of: they are computed anew for another checkpoint. Without a state.json beside the weights that is not known.
json mark_of(const fs::path& weights) {
  const fs::path state = weights.parent_path() / "state.json";
  json mark{{"form", form_of_figures},
            {"checkpoint", weights.parent_path().filename().string()},
            {"update", nullptr},
            {"crc64", nullptr}};
  if (!fs::exists(state)) return mark;
  const json saved = read_json(state);
  mark["update"] = saved.value("update", json());
  mark["crc64"] = saved.value(json::json_pointer("/files/model.safetensors/crc64"), json());
  return mark;
}

/// What the file holds, where it is of `mark`; a damaged one is no loss, as it can be computed anew.
std::optional<json> current_figures(const fs::path& file, const json& mark) {
  if (!fs::exists(file) || mark["crc64"].is_null()) return {};
  json figures = parse_json(read_file(file));
  if (!figures.is_object() || figures.value("of", json()) != mark) return {};
  return figures;
}

/// The data as they were in training.
void find_data_again(SavedRun& run) {
  const json data = kept_data(run.folder);
  try {
    find_same_data(data, run.request.values);
  } catch (const Error&) {
    std::vector<std::string> paths;
    for (const json& fact : data) paths.push_back("'" + fact.at("path").get<std::string>() + "'");
    throw Error(
        fmt::format("its data {} are not there any more, or not what they were: restore them", join(paths)));
  }
}

Answers answers_on(const TableTask& task, Model& model, Split split, std::int64_t batches) {
  const torch::NoGradGuard no_grad;
  Answers answers;
  for (std::int64_t i = 0; i < batches; ++i) {
    const Batch batch = task.batch(split, i).to(device_of(model), dtype_of(model));
    task.add_answers(model.predict(batch, {}, 0).output, batch, split, answers);
  }
  return answers;
}

json figures_of(const TableTask& task, SequenceModel& model, const SeriesSchema& schema, std::uint64_t seed) {
  const Split split = task.batches(Split::test) > 0 ? Split::test : Split::valid;
  const auto batches = affordable_batches(task, model, split, 1.0, for_answers);
  const Answers answers = answers_on(task, model, split, batches);
  const bool classes = schema.is_classification();
  json figures{{"task", task.facts().name},
               {"predict", predict_names()[static_cast<std::size_t>(schema.predict)]},
               {"horizon", schema.horizon},
               {"relative", relative_names()[static_cast<std::size_t>(schema.relative)]},
               {"quantiles", answers.quantiles},
               {"part", name_of(split)},
               {"batches", batches},
               {"batches_of", task.batches(split)}};
  if (!answers.rows.empty())
    figures[classes ? "classes" : "numbers"] = classes ? class_figures(answers, task.table(), schema)
                                                       : number_figures(answers, task.table(), schema);
  const auto columns = input_columns(schema);
  const auto part =
      measured_part(task, model, 1.0 + 3.0 * static_cast<double>(columns.size()), for_importance);
  if (part.windows == 0) return figures;
  figures["importance"] = importance_figures(task, model, part, columns, seed);
  model.to(torch::kDouble);
  figures["reach"] = reach_figures(task, model, measured_part(task, model, 10.0, for_reach), columns, schema);
  return figures;
}

json computed_figures(SavedRun& run, const fs::path& weights, const Registries& registries) {
  OptionValues& values = run.request.values;
  use_threads(values.integer("threads"));
  const auto task = make_task(*run.request.task, values, run.memory, true);
  const auto* over_table = dynamic_cast<const TableTask*>(task.get());
  if (over_table == nullptr) return nullptr;
  const auto model = load_model(task->facts(), values, weights, registries.cells);
  const auto schema = SeriesSchema::from_json(json::parse(task->schema()));
  return figures_of(*over_table, *model, schema, static_cast<std::uint64_t>(values.integer("seed")));
}

/// The report has them in memory all the same.
void keep_table_figures(const fs::path& file, const json& figures) try {
  write_file_atomically(file, figures.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
} catch (const std::runtime_error& failure) {
  fmt::print(stderr, "carousel: the figures of the table are only in the report: {}\n", failure.what());
}

}  // namespace

TableRecord table_record(const fs::path& path, const Registries& registries) {
  const RunFolder folder = RunFolder::open(path);
  if (!fs::exists(folder.path() / "schema.json")) return {};
  try {
    const fs::path weights = weights_file(folder, ""), file = folder.path() / "table.json";
    const json mark = mark_of(weights);
    if (auto kept = current_figures(file, mark)) return {std::move(*kept), ""};
    SavedRun run = open_saved_run(path.string(), "report", registries);
    find_data_again(run);
    fmt::print(stderr,
               "carousel: running {} over its table, for its sections of the report; this may take a while\n",
               weights.parent_path().string());
    json figures = computed_figures(run, weights, registries);
    if (figures.is_null()) return {};
    figures["of"] = mark;
    keep_table_figures(file, figures);
    return {std::move(figures), ""};
  } catch (const Error& error) {
    return {nullptr, fmt::format("{} is shown without what its model does on its table: {}.", folder.name(),
                                 error.what())};
  }
}

}  // namespace carousel::cli
